// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title SignatureCheck
/// @notice Whether an account signed: by its key, or by what its contract says.
library SignatureCheck {
    /// @dev For a wallet contract's answer: some signatures of a multisignature wallet, or a passkey.
    uint256 internal constant ERC1271_GAS = 200_000;

    /// @notice The key first: an account with code (EIP-7702) still acts by its key, whatever its code answers.
    function isSignedBy(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return signer.code.length > 0 && _isAcceptedBy(signer, digest, signature);
    }

    /// @dev ERC-1271 with capped gas, of whose answer 32 bytes are read. Too little gas is a refusal, which reverts
    /// the whole call and consumes nothing.
    function _isAcceptedBy(address wallet, bytes32 digest, bytes calldata signature) private view returns (bool) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 expected = bytes32(IERC1271.isValidSignature.selector);
        bool accepted;
        assembly ("memory-safe") {
            mstore(0, 0)
            let success := staticcall(ERC1271_GAS, wallet, add(question, 0x20), mload(question), 0, 0x20)
            accepted := and(and(success, gt(returndatasize(), 0x1f)), eq(mload(0), expected))
        }
        return accepted;
    }
}
