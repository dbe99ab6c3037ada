"""The events and views of the pool, its bond token and the staking contract (SFC).

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


@dataclass(frozen=True)
class Event:
    """One event of one contract: `signature` as in Solidity, `topic0` its keccak hash."""

    contract: Contract
    signature: str
    topic0: str

    @property
    def name(self) -> str:
        return self.signature.split("(")[0]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return _fields(self.signature.split("(")[1].rstrip(")"))

    @property
    def canonical(self) -> str:
        """The text that topic0 is the keccak hash of."""
        return f"{self.name}({','.join(field.type for field in self.fields)})"

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
class View:
    """One read-only function of the pool: `arguments` and `results` as in Solidity."""

    name: str
    arguments: str = ""
    results: str = "uint256 value"

    @property
    def abi(self) -> dict[str, Any]:
        """The function's JSON ABI, for web3."""
        return {
            "type": "function",
            "name": self.name,
            "stateMutability": "view",
            "inputs": [{"name": f.name, "type": f.type} for f in _fields(self.arguments)],
            "outputs": [{"name": f.name, "type": f.type} for f in _fields(self.results)],
        }


EVENTS = (
    Event(
        "pool",
        "TokensBurned(address indexed staker, uint256 amount, uint256 shares, "
        "uint256 fee, uint256 indexed wrId)",
        "0xb9f5a2bf053c43da772670ff43032c40048d2b9a759b63675e7f6c902a6ab4bb",
    ),
    Event(
        "pool",
        "TokensBurned2(address indexed staker, uint256 amount, uint256 shares, "
        "uint256 fee, uint256 indexed wrId, bool indexed isRebasing)",
        "0xd34d49a7064dd059f33f4c917b339eb91c19b4ddc9877d8e2fc95f609ae90290",
    ),
    Event(
        "pool",
        "Withdrawn(address indexed staker, uint256 amount, uint256 indexed wrId)",
        "0x92ccf450a286a957af52509bc1c9939d1a6a481783e142e41e2499f0bb66ebc6",
    ),
    Event(
        "pool",
        "ManualWithdrawalExpected(address indexed staker, uint256 amount, uint256 indexed wrId)",
        "0x369d445b97a3cfb243b7197d279e7706ac0f1185de480fb34bb10fcbb05ef7dc",
    ),
    Event(
        "pool",
        "StakeReceived(address indexed staker, uint256 amount)",
        "0x85ca1943c20501f52a51dade608849218a28cdf3afb59ef35e0c77bb8223cf60",
    ),
    Event(
        "pool",
        "StakeReceived2(address indexed staker, uint256 amount, bool indexed isRebasing)",
        "0x5d611757875b1d53cf201259c1593404dff012a7873bfec5f92f28de7746ba96",
    ),
    Event(
        "pool",
        "FeeRuleUpdated(uint256 minFeeRatio, uint256 maxFeeRatio, "
        "uint256 feeIncreaseStart, uint256 feeIncreaseStop)",
        "0x034fcaed161e9507c32b8e258c620513b36ca97316aef2e067ef98dfd1f2b18d",
    ),
    Event(
        "pool",
        "FeeRuleUpdated(uint256 minFeeRatio, uint256 maxFeeRatio, "
        "uint256 feeIncreaseStart, uint256 feeIncreaseStop, uint256 feeShift)",
        "0xb33273a7d44d6252010138a08de03ca98b2ab1c00fbf90f1c683296601120163",
    ),
    Event(
        "pool",
        "Deployed(uint256 id, address indexed proxy)",
        "0x3305d4d3ab19e5db9b298d307fd2ed70aa0b3a8cc77814f50b75998296755595",
    ),
    Event(
        "pool",
        "MinimumStakeChanged(uint256 newMinimalStake)",
        "0x29c2d11a35d8d7603e67785d179e1603ad95f3884e81101808328cb5ea1e1b7d",
    ),
    Event(
        "pool",
        "OperatorChanged(address oldOperator, address newOperator)",
        "0xd58299b712891143e76310d5e664c4203c940a67db37cf856bdaa3c5c76a802c",
    ),
    Event(
        "pool",
        "Upgraded(address indexed implementation)",
        "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
    ),
    Event(
        "pool",
        "Upgraded(address implementation)",
        "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
    ),
    Event(
        "sfc",
        "ClaimedRewards(address indexed delegator, uint256 indexed toValidatorID, "
        "uint256 lockupExtraReward, uint256 lockupBaseReward, uint256 unlockedReward)",
        "0xc1d8eb6e444b89fb8ff0991c19311c070df704ccb009e210d1462d5b2410bf45",
    ),
    Event(
        "sfc",
        "RestakedRewards(address indexed delegator, uint256 indexed toValidatorID, "
        "uint256 lockupExtraReward, uint256 lockupBaseReward, uint256 unlockedReward)",
        "0x4119153d17a36f9597d40e3ab4148d03261a439dddbec4e91799ab7159608e26",
    ),
    Event(
        "sfc",
        "LockedUpStake(address indexed delegator, uint256 indexed validatorID, "
        "uint256 duration, uint256 amount)",
        "0x138940e95abffcd789b497bf6188bba3afa5fbd22fb5c42c2f6018d1bf0f4e78",
    ),
    Event(
        "sfc",
        "UnlockedStake(address indexed delegator, uint256 indexed validatorID, "
        "uint256 amount, uint256 penalty)",
        "0xef6c0c14fe9aa51af36acd791464dec3badbde668b63189b47bfa4e25be9b2b9",
    ),
    Event(
        "sfc",
        "Delegated(address indexed delegator, uint256 indexed toValidatorID, uint256 amount)",
        "0x9a8f44850296624dadfd9c246d17e47171d35727a181bd090aa14bbbe00238bb",
    ),
    Event(
        "sfc",
        "Undelegated(address indexed delegator, uint256 indexed toValidatorID, "
        "uint256 indexed wrID, uint256 amount)",
        "0xd3bb4e423fbea695d16b982f9f682dc5f35152e5411646a8a5a79a6b02ba8d57",
    ),
    Event(
        "sfc",
        "Withdrawn(address indexed delegator, uint256 indexed toValidatorID, "
        "uint256 indexed wrID, uint256 amount)",
        "0x75e161b3e824b114fc1a33274bd7091918dd4e639cede50b78b15a4eea956a21",
    ),
    Event(
        "bond",
        "RatioUpdate(uint256 newRatio)",
        "0xb779c97cee7508e970bdead8c3ef0bd16f8c63dbba28fe88f7c7a56722fc564d",
    ),
)

VIEWS = (
    View("firstWrId"),
    View("lastWrId"),
    View("stashedForManualWithdrawals"),
    View("minFeeRatio"),
    View("maxFeeRatio"),
    View("feeIncreaseStart"),
    View("feeIncreaseStop"),
    View("feeShift"),
    View("stubCount"),
)
WITHDRAWALS = View("withdrawals", "uint256 wrId", "address staker, uint256 amount")
GET_BURN_FEE = View("getBurnFee", "uint256 amount")
