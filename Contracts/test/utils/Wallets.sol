// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A contract wallet with one key.
contract KeyWallet is IERC1271 {
    address private immutable key;

    constructor(address key_) {
        key = key_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recoverCalldata(hash, signature) == key ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    receive() external payable {}
}

/// @dev Burns what it gets.
contract GasBurner is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return IERC1271.isValidSignature.selector;
    }

    receive() external payable {
        while (true) {}
    }
}

/// @dev Answers by reverting with a megabyte.
contract Liar {
    fallback() external payable {
        assembly {
            revert(0, 1000000)
        }
    }
}

/// @dev Gives the magic value, but not as the word that ERC-1271 asks for: by reverting, or as four bytes.
contract Mumbler {
    bool private immutable reverting;

    constructor(bool reverting_) {
        reverting = reverting_;
    }

    fallback() external {
        bytes32 magic = bytes32(IERC1271.isValidSignature.selector);
        bool reverts = reverting;
        assembly {
            mstore(0, magic)
            if reverts { revert(0, 32) }
            return(0, 4)
        }
    }
}

/// @dev Says no to everything: what an account's code may do after EIP-7702.
contract Refuser is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}
