// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// The pool's fixed address: every call runs the implementation's code on this storage.
contract Proxy {
    event Upgraded(address indexed implementation);

    // keccak256("eip1967.proxy.implementation") - 1 and keccak256("eip1967.proxy.admin") - 1:
    // far from the low slots that the implementation's own variables take.
    bytes32 private constant IMPLEMENTATION =
        0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    bytes32 private constant ADMIN =
        0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103;

    constructor(address implementation) {
        _write(ADMIN, msg.sender);
        _write(IMPLEMENTATION, implementation);
        emit Upgraded(implementation);
    }

    function upgradeTo(address implementation) external {
        require(msg.sender == _read(ADMIN), "only the admin upgrades");
        require(implementation.code.length > 0, "no code there");
        _write(IMPLEMENTATION, implementation);
        emit Upgraded(implementation);
    }

    fallback() external payable {
        _delegate(_read(IMPLEMENTATION));
    }

    receive() external payable {
        _delegate(_read(IMPLEMENTATION));
    }

    function _read(bytes32 slot) private view returns (address value) {
        assembly {
            value := sload(slot)
        }
    }

    function _write(bytes32 slot, address value) private {
        assembly {
            sstore(slot, value)
        }
    }

    function _delegate(address implementation) private {
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
