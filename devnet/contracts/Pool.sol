// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Bond, Cert} from "./Tokens.sol";
import {IStubHost, StubProxy} from "./Stub.sol";

/// What every generation of the pool does. Our own code, written from the observed rules of
/// FantomPool; a generation differs in the events it emits and in the point its fee is read at.
/// No constructor and no initial values: it runs on the proxy's storage.
abstract contract Pool is IStubHost {
    struct Request {
        address staker;
        uint256 amount;
    }

    event Withdrawn(address indexed staker, uint256 amount, uint256 indexed wrId);
    event ManualWithdrawalExpected(address indexed staker, uint256 amount, uint256 indexed wrId);
    event Deployed(uint256 id, address indexed proxy);
    event MinimumStakeChanged(uint256 newMinimalStake);
    event BondContractChanged(address oldBondContract, address newBondContract);
    event CertContractChanged(address oldCertContract, address newCertContract);
    /// The stubs' code. Not indexed, unlike the proxy's own event of the same topic0.
    event Upgraded(address implementation);

    uint256 private constant PUSH_GAS = 40_000;

    address public owner;
    address public operator;
    Bond public bondContract;
    Cert public certContract;
    address public sfc;
    address public implementation;
    uint256 public getMinimumStake;
    uint256 public firstWrId;
    /// The id the next request takes: pending ids are [firstWrId, lastWrId).
    uint256 public lastWrId;
    mapping(uint256 => Request) public withdrawals;
    mapping(uint256 => bool) public markedForManualWithdrawal;
    uint256 public stashedForManualWithdrawals;
    uint256 public minFeeRatio;
    uint256 public maxFeeRatio;
    uint256 public feeIncreaseStart;
    uint256 public feeIncreaseStop;
    address[] private stubs;

    modifier onlyOwner() {
        require(msg.sender == owner, "only the owner");
        _;
    }

    modifier onlyOperator() {
        require(msg.sender == operator || msg.sender == owner, "only the operator");
        _;
    }

    function initialize(address operator_, Bond bond, Cert cert, address sfc_) external {
        require(owner == address(0), "already initialized");
        (owner, operator) = (msg.sender, operator_);
        (bondContract, certContract, sfc) = (bond, cert, sfc_);
    }

    /// Stubs flush to here. No log.
    receive() external payable {}

    // Staking

    function stakeAndClaimBonds() external payable {
        _requireMinimum();
        bondContract.mint(msg.sender, msg.value);
        _emitStake(true);
    }

    function stakeAndClaimCerts() external payable {
        _requireMinimum();
        certContract.mint(msg.sender, bondContract.balanceToShares(msg.value));
        _emitStake(false);
    }

    function setMinimumStake(uint256 minimum) external onlyOwner {
        getMinimumStake = minimum;
        emit MinimumStakeChanged(minimum);
    }

    function changeBondContract(Bond bond) external onlyOwner {
        emit BondContractChanged(address(bondContract), address(bond));
        bondContract = bond;
    }

    function changeCertContract(Cert cert) external onlyOwner {
        emit CertContractChanged(address(certContract), address(cert));
        certContract = cert;
    }

    function _requireMinimum() private view {
        require(msg.value >= getMinimumStake, "value must be at least the minimum stake");
    }

    // Unstaking

    function burn(uint256 amount) external {
        _burnBonds(amount);
    }

    function burnBonds(uint256 amount) external {
        _burnBonds(amount);
    }

    function burnCerts(uint256 shares) external {
        certContract.burn(msg.sender, shares);
        _request(bondContract.sharesToBalance(shares), shares, false);
    }

    function _burnBonds(uint256 amount) private {
        bondContract.burn(msg.sender, amount);
        _request(amount, bondContract.balanceToShares(amount), true);
    }

    /// No minimum: a request of 0 takes its place in the queue like any other.
    function _request(uint256 amount, uint256 shares, bool isRebasing) private {
        uint256 fee = getBurnFee(amount);
        // Rounding up can pass the amount itself when it is a few wei at a high ratio.
        if (fee > amount) fee = amount;
        uint256 wrId = lastWrId++;
        withdrawals[wrId] = Request(msg.sender, amount - fee);
        _emitRequest(amount, shares, fee, wrId, isRebasing);
    }

    function getBurnFee(uint256 amount) public view returns (uint256) {
        uint256 point = _feePoint(amount);
        uint256 ratio = minFeeRatio;
        if (point >= feeIncreaseStop) {
            ratio = maxFeeRatio;
        } else if (point > feeIncreaseStart) {
            ratio += (maxFeeRatio - minFeeRatio) * (point - feeIncreaseStart)
                / (feeIncreaseStop - feeIncreaseStart);
        }
        return (amount * ratio + 1e18 - 1) / 1e18;
    }

    function _setFeeRule(uint256 min, uint256 max, uint256 start, uint256 stop) internal {
        require(min <= max && start <= stop, "bad fee rule");
        (minFeeRatio, maxFeeRatio) = (min, max);
        (feeIncreaseStart, feeIncreaseStop) = (start, stop);
    }

    // Paying

    /// Pays the head, its name aside, and whole or not at all: nobody overtakes a large head.
    function withdrawLast() external onlyOperator {
        uint256 wrId = firstWrId;
        require(wrId < lastWrId, "the queue is empty");
        Request memory request = withdrawals[wrId];
        require(
            address(this).balance >= request.amount + stashedForManualWithdrawals,
            "not enough funds for the head"
        );
        firstWrId = wrId + 1;
        // A contract wallet that needs more gas than this, or wants nothing, is passed over.
        (bool sent,) = request.staker.call{value: request.amount, gas: PUSH_GAS}("");
        if (sent) {
            delete withdrawals[wrId];
            emit Withdrawn(request.staker, request.amount, wrId);
        } else {
            markedForManualWithdrawal[wrId] = true;
            stashedForManualWithdrawals += request.amount;
            emit ManualWithdrawalExpected(request.staker, request.amount, wrId);
        }
    }

    /// Anyone may call it, in any order; the money goes to the request's staker.
    function withdrawManual(uint256 wrId) external {
        require(markedForManualWithdrawal[wrId], "not marked for manual withdrawal");
        Request memory request = withdrawals[wrId];
        delete markedForManualWithdrawal[wrId];
        delete withdrawals[wrId];
        stashedForManualWithdrawals -= request.amount;
        (bool sent,) = request.staker.call{value: request.amount}("");
        require(sent, "failed to send FTM");
        emit Withdrawn(request.staker, request.amount, wrId);
    }

    // Stubs

    function deployStub() external onlyOperator {
        address proxy = address(new StubProxy(this));
        emit Deployed(stubs.length, proxy);
        stubs.push(proxy);
    }

    function upgradeStubs(address implementation_) external onlyOwner {
        implementation = implementation_;
        emit Upgraded(implementation_);
    }

    /// Idle stake goes out to be delegated. No log.
    function sendToStub(uint256 id, uint256 amount) external onlyOperator {
        (bool sent,) = stubs[id].call{value: amount}("");
        require(sent, "failed to send to the stub");
    }

    function stubCount() external view returns (uint256) {
        return stubs.length;
    }

    function getContractById(uint256 id) external view returns (address) {
        return stubs[id];
    }

    // What the generations differ in

    function _feePoint(uint256 amount) internal view virtual returns (uint256);

    function _emitStake(bool isRebasing) internal virtual;

    function _emitRequest(uint256 amount, uint256 shares, uint256 fee, uint256 wrId, bool isRebasing)
        internal
        virtual;
}
