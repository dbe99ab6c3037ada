// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A stand-in for Fantom's staking contract: its seven events, its lock-ups and its seven
/// days of unbonding. Rewards do not accrue: `grantRewards` says what they are, and the
/// node is told to give this contract the money.
contract Sfc {
    struct Rewards {
        uint256 lockupExtra;
        uint256 lockupBase;
        uint256 unlocked;
    }

    struct Lockup {
        uint256 amount;
        uint256 endTime;
    }

    struct Unbonding {
        uint256 amount;
        uint256 time;
    }

    event ClaimedRewards(
        address indexed delegator,
        uint256 indexed toValidatorID,
        uint256 lockupExtraReward,
        uint256 lockupBaseReward,
        uint256 unlockedReward
    );
    event RestakedRewards(
        address indexed delegator,
        uint256 indexed toValidatorID,
        uint256 lockupExtraReward,
        uint256 lockupBaseReward,
        uint256 unlockedReward
    );
    event LockedUpStake(
        address indexed delegator, uint256 indexed validatorID, uint256 duration, uint256 amount
    );
    event UnlockedStake(
        address indexed delegator, uint256 indexed validatorID, uint256 amount, uint256 penalty
    );
    event Delegated(address indexed delegator, uint256 indexed toValidatorID, uint256 amount);
    event Undelegated(
        address indexed delegator,
        uint256 indexed toValidatorID,
        uint256 indexed wrID,
        uint256 amount
    );
    event Withdrawn(
        address indexed delegator,
        uint256 indexed toValidatorID,
        uint256 indexed wrID,
        uint256 amount
    );

    uint256 public constant withdrawalPeriodTime = 7 days;
    address public immutable owner = msg.sender;
    mapping(address => mapping(uint256 => uint256)) public getStake;
    mapping(address => mapping(uint256 => Lockup)) public getLockupInfo;
    mapping(address => mapping(uint256 => Rewards)) public pendingRewards;
    mapping(address => mapping(uint256 => mapping(uint256 => Unbonding))) public unbondings;
    mapping(uint256 => bool) public isSlashed;
    mapping(uint256 => uint256) public slashingRefundRatio;
    /// Who gets a delegator's rewards and returned stake in its place.
    mapping(address => address) public getRedirection;

    function grantRewards(
        address delegator,
        uint256 validator,
        uint256 lockupExtra,
        uint256 lockupBase,
        uint256 unlocked
    ) external {
        require(msg.sender == owner, "only the owner");
        pendingRewards[delegator][validator] = Rewards(lockupExtra, lockupBase, unlocked);
    }

    /// Of stake that returns from this validator only so much is paid, scaled by 1e18.
    function slash(uint256 validator, uint256 refundRatio) external {
        require(msg.sender == owner, "only the owner");
        isSlashed[validator] = true;
        slashingRefundRatio[validator] = refundRatio;
    }

    function redirect(address delegator, address receiver) external {
        require(msg.sender == owner, "only the owner");
        getRedirection[delegator] = receiver;
    }

    function delegate(uint256 validator) external payable {
        _delegate(validator, msg.value);
    }

    function lockStake(uint256 validator, uint256 duration, uint256 amount) external {
        require(duration >= 14 days && duration <= 365 days, "incorrect duration");
        require(_lockedStake(validator) == 0, "already locked up");
        require(amount > 0 && amount <= getStake[msg.sender][validator], "not enough stake");
        getLockupInfo[msg.sender][validator] = Lockup(amount, block.timestamp + duration);
        emit LockedUpStake(msg.sender, validator, duration, amount);
    }

    /// Before its time, for a twentieth of the amount. A lock-up that ran out needs no call
    /// and leaves no log.
    function unlockStake(uint256 validator, uint256 amount) external returns (uint256 penalty) {
        require(amount > 0 && amount <= _lockedStake(validator), "not enough locked stake");
        penalty = amount / 20;
        getLockupInfo[msg.sender][validator].amount -= amount;
        getStake[msg.sender][validator] -= penalty;
        emit UnlockedStake(msg.sender, validator, amount, penalty);
    }

    function undelegate(uint256 validator, uint256 wrID, uint256 amount) external {
        uint256 free = getStake[msg.sender][validator] - _lockedStake(validator);
        require(amount > 0 && amount <= free, "not enough unlocked stake");
        Unbonding storage unbonding = unbondings[msg.sender][validator][wrID];
        require(unbonding.amount == 0, "wrID already exists");
        getStake[msg.sender][validator] -= amount;
        unbonding.amount = amount;
        unbonding.time = block.timestamp;
        emit Undelegated(msg.sender, validator, wrID, amount);
    }

    function withdraw(uint256 validator, uint256 wrID) external {
        Unbonding memory unbonding = unbondings[msg.sender][validator][wrID];
        require(unbonding.amount > 0, "request doesn't exist");
        require(block.timestamp >= unbonding.time + withdrawalPeriodTime, "not enough time passed");
        delete unbondings[msg.sender][validator][wrID];
        uint256 penalty = _slashingPenalty(validator, unbonding.amount);
        require(unbonding.amount > penalty, "stake is fully slashed");
        _send(unbonding.amount - penalty);
        // The whole amount, whatever was paid of it.
        emit Withdrawn(msg.sender, validator, wrID, unbonding.amount);
    }

    function claimRewards(uint256 validator) external {
        Rewards memory r = _takeRewards(validator);
        _send(r.lockupExtra + r.lockupBase + r.unlocked);
        emit ClaimedRewards(msg.sender, validator, r.lockupExtra, r.lockupBase, r.unlocked);
    }

    /// The lock-up grows by the two lock-up rewards with no `LockedUpStake` to tell it.
    function restakeRewards(uint256 validator) external {
        Rewards memory r = _takeRewards(validator);
        _delegate(validator, r.lockupExtra + r.lockupBase + r.unlocked);
        getLockupInfo[msg.sender][validator].amount += r.lockupExtra + r.lockupBase;
        emit RestakedRewards(msg.sender, validator, r.lockupExtra, r.lockupBase, r.unlocked);
    }

    function _takeRewards(uint256 validator) private returns (Rewards memory rewards) {
        rewards = pendingRewards[msg.sender][validator];
        require(rewards.lockupExtra + rewards.lockupBase + rewards.unlocked > 0, "zero rewards");
        delete pendingRewards[msg.sender][validator];
    }

    function _delegate(uint256 validator, uint256 amount) private {
        getStake[msg.sender][validator] += amount;
        emit Delegated(msg.sender, validator, amount);
    }

    function _lockedStake(uint256 validator) private view returns (uint256) {
        Lockup memory lockup = getLockupInfo[msg.sender][validator];
        return block.timestamp < lockup.endTime ? lockup.amount : 0;
    }

    /// Rounded up, against dust.
    function _slashingPenalty(uint256 validator, uint256 amount) private view returns (uint256) {
        if (!isSlashed[validator]) return 0;
        uint256 penalty = amount * (1e18 - slashingRefundRatio[validator]) / 1e18 + 1;
        return penalty > amount ? amount : penalty;
    }

    function _send(uint256 amount) private {
        address redirected = getRedirection[msg.sender];
        (bool sent,) = (redirected == address(0) ? msg.sender : redirected).call{value: amount}("");
        require(sent, "failed to send FTM");
    }
}
