// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {ISignedActs} from "./interfaces/ISignedActs.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";

/// @title SignedActs
/// @notice See {ISignedActs}.
/// @dev An act is written once, as a function that takes its actor from {_msgSender}. In the direct form that is the
/// caller. In the signed form the contract calls itself with the signer's 20 bytes behind the call data, as in
/// ERC-2771 with the contract as its own forwarder: nothing else in a registry calls the registry itself, and the
/// call data of a self-call is always built here.
abstract contract SignedActs is ISignedActs, Context, EIP712, NoncesKeyed {
    /// @dev For what follows the act: its outcome event with the longest reason.
    uint256 private constant OUTCOME_GAS = 12_000;

    uint256 private constant SIGNER_BYTES = 20;

    /// @inheritdoc ISignedActs
    function cancelIntent(uint256 nonce) external {
        _useCheckedNonce(msg.sender, nonce);
        emit IntentCancelled(msg.sender, nonce);
    }

    /// @dev Steps 1 to 5 of {ISignedActs}.
    /// @param auth whose last three EIP-712 fields are part of `structHash`.
    /// @param act call data of the direct form.
    /// @param actGas what the act gets, exactly: at least what it can ever need.
    function _carryOut(bytes32 structHash, Auth calldata auth, bytes memory act, uint256 actGas) internal {
        // 1. deadline
        if (block.timestamp > auth.deadline) revert SignedActExpired(block.timestamp, auth.deadline);

        // 2. signature
        bytes32 digest = _hashTypedDataV4(structHash);
        if (!SignatureCheck.isSignedBy(auth.signer, digest, auth.signature)) {
            revert SignedActInvalidSignature(auth.signer, digest);
        }

        // 3. nonce: before the act, which may call out and come back
        _useCheckedNonce(auth.signer, auth.nonce);

        // 4. gas floor
        bytes memory call = abi.encodePacked(act, auth.signer);
        uint256 floor = BoundedCall.needed(actGas) + OUTCOME_GAS;
        if (gasleft() < floor) revert SignedActStarved(gasleft(), floor);

        // 5. act
        (bool success, bytes memory reason) = BoundedCall.tryCall(address(this), actGas, 0, call);
        if (success) emit IntentCarriedOut(digest, auth.signer);
        else emit IntentFailed(digest, auth.signer, reason);
    }

    /// @dev The actor: the signer in a self-call of {_carryOut}, else the caller.
    function _msgSender() internal view virtual override returns (address actor) {
        if (msg.sender != address(this)) return msg.sender;
        return address(bytes20(msg.data[msg.data.length - SIGNER_BYTES:]));
    }

    function _msgData() internal view virtual override returns (bytes calldata) {
        if (msg.sender != address(this)) return msg.data;
        return msg.data[:msg.data.length - SIGNER_BYTES];
    }

    function _contextSuffixLength() internal view virtual override returns (uint256) {
        return SIGNER_BYTES;
    }
}
