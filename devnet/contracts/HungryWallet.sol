// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Cert} from "./Tokens.sol";
import {Pool} from "./Pool.sol";

/// A contract wallet whose books take more gas than the pool's push carries: the pool passes
/// it over, and `withdrawManual`, which hands on all its gas, reaches it later.
contract HungryWallet {
    uint256[] private books;

    receive() external payable {
        // A fresh storage slot costs 22,100 gas: two are more than the push carries.
        books.push(block.timestamp);
        books.push(msg.value + 1);
    }

    function stake(Pool pool) external payable {
        pool.stakeAndClaimCerts{value: msg.value}();
    }

    function unstake(Pool pool, uint256 shares) external {
        pool.burnCerts(shares);
    }
}
