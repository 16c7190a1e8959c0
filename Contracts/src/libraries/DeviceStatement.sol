// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title DeviceStatement
/// @notice What a device signs by itself: ES256 (SHA-256 and P-256), so that no device needs Keccak.
/// @dev By the precompile of EIP-7951 at 0x100 where there is one, else in Solidity.
library DeviceStatement {
    string internal constant CLAIM = "pythia/claim/1";
    string internal constant ROTATE = "pythia/rotate/1";
    string internal constant COUNTER = "pythia/counter/1";

    /// @notice SHA-256 over kind ‖ chain id 32 ‖ this contract 20 ‖ device id 32 ‖ fields.
    function digest(string memory kind, bytes32 deviceId, bytes memory fields) internal view returns (bytes32) {
        return sha256(abi.encodePacked(kind, block.chainid, address(this), deviceId, fields));
    }

    /// @notice Whether (r, s) is the key's signature. A high s is taken too: a signature is no id of anything here,
    /// and secure elements don't normalise.
    function isSigned(bytes32 digest_, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (bool) {
        uint256 value = uint256(s);
        if (value > P256.N / 2 && value < P256.N) s = bytes32(P256.N - value);
        return P256.verify(digest_, r, s, x, y);
    }
}
