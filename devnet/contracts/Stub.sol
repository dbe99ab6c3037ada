// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Sfc} from "./Sfc.sol";

/// What a stub asks of the pool that deployed it.
interface IStubHost {
    function operator() external view returns (address);
    function implementation() external view returns (address);
}

/// The code behind every stub: one delegator at the staking contract, for one share of the
/// pool's stake. It lives in immutables only, so it can run behind any number of proxies.
contract Stub {
    IStubHost private immutable pool;
    Sfc private immutable sfc;

    constructor(IStubHost pool_, Sfc sfc_) {
        pool = pool_;
        sfc = sfc_;
    }

    modifier onlyOperator() {
        require(msg.sender == pool.operator(), "only the operator");
        _;
    }

    function delegate(uint256 validator, uint256 amount) external onlyOperator {
        sfc.delegate{value: amount}(validator);
    }

    function lockStake(uint256 validator, uint256 duration, uint256 amount) external onlyOperator {
        sfc.lockStake(validator, duration, amount);
    }

    function unlockStake(uint256 validator, uint256 amount) external onlyOperator {
        sfc.unlockStake(validator, amount);
    }

    function undelegate(uint256 validator, uint256 wrID, uint256 amount) external onlyOperator {
        sfc.undelegate(validator, wrID, amount);
    }

    function withdraw(uint256 validator, uint256 wrID) external onlyOperator {
        sfc.withdraw(validator, wrID);
    }

    function claimRewards(uint256 validator) external onlyOperator {
        sfc.claimRewards(validator);
    }

    function restakeRewards(uint256 validator) external onlyOperator {
        sfc.restakeRewards(validator);
    }

    /// All it holds goes to the pool. No log: only the pool's balance tells.
    function flush() external onlyOperator {
        (bool sent,) = address(pool).call{value: address(this).balance}("");
        require(sent, "failed to flush");
    }
}

/// The stub's fixed address: it asks the pool which code to run, on every call.
contract StubProxy {
    IStubHost private immutable pool;

    constructor(IStubHost pool_) {
        pool = pool_;
    }

    receive() external payable {}

    fallback() external payable {
        address implementation = pool.implementation();
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), implementation, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
