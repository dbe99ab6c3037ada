"""The events and functions of the pool, its tokens and the staking contract (SFC).

topic0 is the only safe key: the pool was upgraded in place and its generations reuse
event names with other fields, and `Upgraded` has one topic0 for two things, told apart
by the number of topics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Contract = Literal["pool", "bond", "sfc"]


@dataclass(frozen=True)
class Field:
    """One field of an event, or one argument or result of a function, with its Solidity type."""

    name: str
    type: str
    indexed: bool = False


def _fields(arguments: str) -> tuple[Field, ...]:
    """`address indexed staker, uint256 amount` as fields."""
    fields = []
    for argument in filter(None, arguments.split(", ")):
        words = argument.split(" ")
        fields.append(Field(words[-1], words[0], "indexed" in words))
    return tuple(fields)


class _Declared:
    """What events and functions share: a `signature` as in Solidity."""

    signature: str

    @property
    def name(self) -> str:
        return self.signature.split("(")[0]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """An event's fields, or a function's arguments."""
        return _fields(self.signature.split("(")[1].rstrip(")"))

    @property
    def canonical(self) -> str:
        """The text that topic0, or the selector, is the keccak hash of."""
        return f"{self.name}({','.join(field.type for field in self.fields)})"


def _abi(fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    return [{"name": field.name, "type": field.type} for field in fields]


@dataclass(frozen=True)
class Event(_Declared):
    """One event of one contract: `signature` as in Solidity, `topic0` its keccak hash."""

    contract: Contract
    signature: str
    topic0: str

    @property
    def topics_count(self) -> int:
        return 1 + sum(field.indexed for field in self.fields)

    @property
    def words_count(self) -> int:
        """32-byte words of data: no event here has a dynamic type."""
        return sum(not field.indexed for field in self.fields)

    @property
    def abi(self) -> dict[str, Any]:
        """The event's JSON ABI, for web3."""
        inputs = [{"name": f.name, "type": f.type, "indexed": f.indexed} for f in self.fields]
        return {"type": "event", "name": self.name, "anonymous": False, "inputs": inputs}


@dataclass(frozen=True)
class Function(_Declared):
    """One function: `signature` and `results` as in Solidity, `selector` the first bytes of the
    signature's keccak hash. Every argument and result is one 32-byte word."""

    signature: str
    selector: str
    results: str = "uint256 value"

    @property
    def abi(self) -> dict[str, Any]:
        """The JSON ABI of a view, for web3."""
        return {
            "type": "function",
            "name": self.name,
            "stateMutability": "view",
            "inputs": _abi(self.fields),
            "outputs": _abi(_fields(self.results)),
        }


TOKENS_BURNED = Event(
    "pool",
    "TokensBurned(address indexed staker, uint256 amount, uint256 shares, "
    "uint256 fee, uint256 indexed wrId)",
    "0xb9f5a2bf053c43da772670ff43032c40048d2b9a759b63675e7f6c902a6ab4bb",
)
TOKENS_BURNED_2 = Event(
    "pool",
    "TokensBurned2(address indexed staker, uint256 amount, uint256 shares, "
    "uint256 fee, uint256 indexed wrId, bool indexed isRebasing)",
    "0xd34d49a7064dd059f33f4c917b339eb91c19b4ddc9877d8e2fc95f609ae90290",
)
PAID = Event(
    "pool",
    "Withdrawn(address indexed staker, uint256 amount, uint256 indexed wrId)",
    "0x92ccf450a286a957af52509bc1c9939d1a6a481783e142e41e2499f0bb66ebc6",
)
MANUAL_WITHDRAWAL_EXPECTED = Event(
    "pool",
    "ManualWithdrawalExpected(address indexed staker, uint256 amount, uint256 indexed wrId)",
    "0x369d445b97a3cfb243b7197d279e7706ac0f1185de480fb34bb10fcbb05ef7dc",
)
STAKE_RECEIVED = Event(
    "pool",
    "StakeReceived(address indexed staker, uint256 amount)",
    "0x85ca1943c20501f52a51dade608849218a28cdf3afb59ef35e0c77bb8223cf60",
)
STAKE_RECEIVED_2 = Event(
    "pool",
    "StakeReceived2(address indexed staker, uint256 amount, bool indexed isRebasing)",
    "0x5d611757875b1d53cf201259c1593404dff012a7873bfec5f92f28de7746ba96",
)
FEE_RULE_UPDATED_4 = Event(
    "pool",
    "FeeRuleUpdated(uint256 minFeeRatio, uint256 maxFeeRatio, "
    "uint256 feeIncreaseStart, uint256 feeIncreaseStop)",
    "0x034fcaed161e9507c32b8e258c620513b36ca97316aef2e067ef98dfd1f2b18d",
)
FEE_RULE_UPDATED_5 = Event(
    "pool",
    "FeeRuleUpdated(uint256 minFeeRatio, uint256 maxFeeRatio, "
    "uint256 feeIncreaseStart, uint256 feeIncreaseStop, uint256 feeShift)",
    "0xb33273a7d44d6252010138a08de03ca98b2ab1c00fbf90f1c683296601120163",
)
DEPLOYED = Event(
    "pool",
    "Deployed(uint256 id, address indexed proxy)",
    "0x3305d4d3ab19e5db9b298d307fd2ed70aa0b3a8cc77814f50b75998296755595",
)
MINIMUM_STAKE_CHANGED = Event(
    "pool",
    "MinimumStakeChanged(uint256 newMinimalStake)",
    "0x29c2d11a35d8d7603e67785d179e1603ad95f3884e81101808328cb5ea1e1b7d",
)
OPERATOR_CHANGED = Event(
    "pool",
    "OperatorChanged(address oldOperator, address newOperator)",
    "0xd58299b712891143e76310d5e664c4203c940a67db37cf856bdaa3c5c76a802c",
)
# A log that indexes its fields would have this topic0 and not this shape: "logs decode" tells it.
BOND_CONTRACT_CHANGED = Event(
    "pool",
    "BondContractChanged(address oldBondContract, address newBondContract)",
    "0xca2fa64511b320c09d2792ada859647153d0f54770ee506a02e2b28e6ec76e64",
)
CERT_CONTRACT_CHANGED = Event(
    "pool",
    "CertContractChanged(address oldCertContract, address newCertContract)",
    "0xb6238a7d2f9e44f347a80199f6ed21a7390fe6f138eef6d9808ac9ce8f43fae1",
)
POOL_UPGRADED = Event(
    "pool",
    "Upgraded(address indexed implementation)",
    "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
)
STUBS_UPGRADED = Event(
    "pool",
    "Upgraded(address implementation)",
    "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
)
CLAIMED_REWARDS = Event(
    "sfc",
    "ClaimedRewards(address indexed delegator, uint256 indexed toValidatorID, "
    "uint256 lockupExtraReward, uint256 lockupBaseReward, uint256 unlockedReward)",
    "0xc1d8eb6e444b89fb8ff0991c19311c070df704ccb009e210d1462d5b2410bf45",
)
RESTAKED_REWARDS = Event(
    "sfc",
    "RestakedRewards(address indexed delegator, uint256 indexed toValidatorID, "
    "uint256 lockupExtraReward, uint256 lockupBaseReward, uint256 unlockedReward)",
    "0x4119153d17a36f9597d40e3ab4148d03261a439dddbec4e91799ab7159608e26",
)
LOCKED_UP_STAKE = Event(
    "sfc",
    "LockedUpStake(address indexed delegator, uint256 indexed validatorID, "
    "uint256 duration, uint256 amount)",
    "0x138940e95abffcd789b497bf6188bba3afa5fbd22fb5c42c2f6018d1bf0f4e78",
)
UNLOCKED_STAKE = Event(
    "sfc",
    "UnlockedStake(address indexed delegator, uint256 indexed validatorID, "
    "uint256 amount, uint256 penalty)",
    "0xef6c0c14fe9aa51af36acd791464dec3badbde668b63189b47bfa4e25be9b2b9",
)
DELEGATED = Event(
    "sfc",
    "Delegated(address indexed delegator, uint256 indexed toValidatorID, uint256 amount)",
    "0x9a8f44850296624dadfd9c246d17e47171d35727a181bd090aa14bbbe00238bb",
)
UNDELEGATED = Event(
    "sfc",
    "Undelegated(address indexed delegator, uint256 indexed toValidatorID, "
    "uint256 indexed wrID, uint256 amount)",
    "0xd3bb4e423fbea695d16b982f9f682dc5f35152e5411646a8a5a79a6b02ba8d57",
)
STAKE_RETURNED = Event(
    "sfc",
    "Withdrawn(address indexed delegator, uint256 indexed toValidatorID, "
    "uint256 indexed wrID, uint256 amount)",
    "0x75e161b3e824b114fc1a33274bd7091918dd4e639cede50b78b15a4eea956a21",
)
RATIO_UPDATE = Event(
    "bond",
    "RatioUpdate(uint256 newRatio)",
    "0xb779c97cee7508e970bdead8c3ef0bd16f8c63dbba28fe88f7c7a56722fc564d",
)
EVENTS = tuple(each for each in vars().copy().values() if isinstance(each, Event))  # all above
# What these contracts may emit too, and which moves no money and changes no rule: no table holds
# it. Of the staking contract only what carries a delegator in topic1.
SILENT_EVENTS = (
    Event(
        "pool",
        "OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
        "0x8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0",
    ),
    Event(
        "pool",
        "AdminChanged(address previousAdmin, address newAdmin)",
        "0x7e644d79422f17c01e4894b5f4f588d331ebfa28653d42ae832dc59e38c9798f",
    ),
    Event(
        "pool",
        "Initialized(uint8 version)",
        "0x7f26b83ff96e1f2b6a682f133852f6798a09c465da95921460cefb3847402498",
    ),
    Event(
        "sfc",
        "AnnouncedRedirection(address indexed from, address indexed to)",
        "0x857125196131cfcd709c738c6d1fd2701ce70f2a03785aeadae6f4b47fe73c1d",
    ),
)

BURN_CERTS = Function("burnCerts(uint256 shares)", "0xa79eb06e", "")
BURN_BONDS = Function("burnBonds(uint256 amount)", "0xf93b909c", "")
BURN = Function("burn(uint256 amount)", "0x42966c68", "")
WITHDRAW_MANUAL = Function("withdrawManual(uint256 wrId)", "0x7c8ed2dc", "")

FIRST_WR_ID = Function("firstWrId()", "0xb23220c3")
LAST_WR_ID = Function("lastWrId()", "0xb9b4070e")
WITHDRAWALS = Function("withdrawals(uint256 wrId)", "0x5cc07076", "address staker, uint256 amount")
MARKED = Function("markedForManualWithdrawal(uint256 wrId)", "0xe6506847", "bool marked")
STASHED = Function("stashedForManualWithdrawals()", "0x3f6b13cc")
BURN_FEE = Function("getBurnFee(uint256 amount)", "0xad20d2e6")
MIN_FEE_RATIO = Function("minFeeRatio()", "0xfa4d6142")
MAX_FEE_RATIO = Function("maxFeeRatio()", "0x701f7e1d")
FEE_INCREASE_START = Function("feeIncreaseStart()", "0xcd71ef26")
FEE_INCREASE_STOP = Function("feeIncreaseStop()", "0x46e9929d")
FEE_SHIFT = Function("feeShift()", "0xf4ca2d4c")
STUB_COUNT = Function("stubCount()", "0x436d3d9a")
MINIMUM_STAKE = Function("getMinimumStake()", "0xd9bbd278")
GET_STUB = Function("getContractById(uint256 id)", "0x8ba9ac6f", "address stub")
BOND_CONTRACT = Function("bondContract()", "0xe7004a7a", "address bond")
CERT_CONTRACT = Function("certContract()", "0x62bf03f1", "address cert")
RATIO = Function("ratio()", "0x71ca337d")
SHARES_OF = Function("sharesOf(address account)", "0xf5eb42dc")
TOTAL_SUPPLY = Function("totalSupply()", "0x18160ddd")
BALANCE_OF = Function("balanceOf(address account)", "0x70a08231")

# Amounts whose fee a sync asks for at its last block, beside these views of the pool where this
# generation has them.
PROBES_FTM = (1, 1_000, 100_000)
VIEWS = (
    FIRST_WR_ID,
    LAST_WR_ID,
    STASHED,
    MIN_FEE_RATIO,
    MAX_FEE_RATIO,
    FEE_INCREASE_START,
    FEE_INCREASE_STOP,
    FEE_SHIFT,
    STUB_COUNT,
)
# What else is sent to the pool and its tokens, to say of a stranger's transaction what it was.
POOL_FUNCTIONS = (
    BURN_CERTS,
    BURN_BONDS,
    BURN,
    WITHDRAW_MANUAL,
    Function("stake()", "0x3a4b66f1", ""),
    Function("stakeAndClaimBonds()", "0x9f893188", ""),
    Function("stakeAndClaimCerts()", "0xff0a42de", ""),
    Function("withdrawLast()", "0xd129c5c6", ""),
)
TOKEN_FUNCTIONS = (
    Function("transfer(address to, uint256 amount)", "0xa9059cbb", ""),
    Function("approve(address spender, uint256 amount)", "0x095ea7b3", ""),
    Function("transferFrom(address from, address to, uint256 amount)", "0x23b872dd", ""),
    Function("lockShares(uint256 shares)", "0x6482a22f", ""),
    Function("unlockShares(uint256 shares)", "0xee031373", ""),
)
