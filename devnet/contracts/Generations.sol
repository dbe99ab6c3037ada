// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Pool} from "./Pool.sol";

/// The first pool: the fee looks at the amount alone, and no event tells the token.
contract PoolR0 is Pool {
    event TokensBurned(
        address indexed staker, uint256 amount, uint256 shares, uint256 fee, uint256 indexed wrId
    );
    event StakeReceived(address indexed staker, uint256 amount);
    event FeeRuleUpdated(
        uint256 minFeeRatio, uint256 maxFeeRatio, uint256 feeIncreaseStart, uint256 feeIncreaseStop
    );

    function updateFeeRule(uint256 min, uint256 max, uint256 start, uint256 stop)
        external
        onlyOwner
    {
        _setFeeRule(min, max, start, stop);
        emit FeeRuleUpdated(min, max, start, stop);
    }

    function _feePoint(uint256 amount) internal pure override returns (uint256) {
        return amount;
    }

    function _emitStake(bool) internal override {
        emit StakeReceived(msg.sender, msg.value);
    }

    function _emitRequest(uint256 amount, uint256 shares, uint256 fee, uint256 wrId, bool)
        internal
        override
    {
        emit TokensBurned(msg.sender, amount, shares, fee, wrId);
    }
}

/// The second: each request raises the fee of the next, until a new rule resets `feeShift`.
contract PoolR1 is Pool {
    event TokensBurned2(
        address indexed staker,
        uint256 amount,
        uint256 shares,
        uint256 fee,
        uint256 indexed wrId,
        bool indexed isRebasing
    );
    event StakeReceived(address indexed staker, uint256 amount);
    event FeeRuleUpdated(
        uint256 minFeeRatio,
        uint256 maxFeeRatio,
        uint256 feeIncreaseStart,
        uint256 feeIncreaseStop,
        uint256 feeShift
    );
    event OperatorChanged(address oldOperator, address newOperator);

    /// Appended: the storage before it is R0's, and filled.
    uint256 public feeShift;

    function updateFeeRule(uint256 min, uint256 max, uint256 start, uint256 stop, uint256 shift)
        external
        onlyOwner
    {
        require(max <= 0.15e18, "at most 15 %");
        _setFeeRule(min, max, start, stop);
        feeShift = shift;
        emit FeeRuleUpdated(min, max, start, stop, shift);
    }

    function changeOperator(address newOperator) external onlyOwner {
        emit OperatorChanged(operator, newOperator);
        operator = newOperator;
    }

    function _feePoint(uint256 amount) internal view override returns (uint256) {
        return amount + feeShift;
    }

    function _emitStake(bool) internal virtual override {
        emit StakeReceived(msg.sender, msg.value);
    }

    function _emitRequest(uint256 amount, uint256 shares, uint256 fee, uint256 wrId, bool isRebasing)
        internal
        override
    {
        // Gross, and after this request's own fee was read.
        feeShift += amount;
        emit TokensBurned2(msg.sender, amount, shares, fee, wrId, isRebasing);
    }
}

/// The third: stakes tell their token too.
contract PoolR2 is PoolR1 {
    event StakeReceived2(address indexed staker, uint256 amount, bool indexed isRebasing);

    function _emitStake(bool isRebasing) internal override {
        emit StakeReceived2(msg.sender, msg.value, isRebasing);
    }
}
