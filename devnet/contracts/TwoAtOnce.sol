// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {HungryWallet} from "./HungryWallet.sol";
import {Pool} from "./Pool.sol";

/// Two requests of two wallets in one transaction, as a relayer of contract wallets makes them.
contract TwoAtOnce {
    function unstake(
        Pool pool,
        HungryWallet first,
        uint256 firstShares,
        HungryWallet second,
        uint256 secondShares
    ) external {
        first.unstake(pool, firstShares);
        second.unstake(pool, secondShares);
    }
}
