// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ISignedActs
/// @notice What every registry has in common: each act exists in a direct form, where the caller acts, and in a
/// signed form `…Signed`, where anybody carries an EIP-712 signature of the signer to the chain.
///
/// The signed form goes like this:
///  1. deadline: `block.timestamp <= deadline`, else revert;
///  2. signature of `signer` over the act's own EIP-712 struct, whose last three fields are always
///     `address signer,uint256 nonce,uint64 deadline`: ECDSA first (low s, 65 bytes), then ERC-1271 with capped
///     gas, so that an EIP-7702 account can still act by its key; else revert;
///  3. nonce: 192-bit key, 64-bit sequence (EIP-4337 form), see NoncesKeyed.nonces; out of order reverts;
///  4. gas floor: with less gas than the act can ever need, revert;
///  5. the act itself. From here on nothing reverts: the nonce stays consumed and the outcome is an event.
/// So a revert consumes nothing and says nothing final, and {IntentFailed} is final.
///
/// Acts that give (transfer, grant, unfreeze, …) carry the counters that taking back bumps, so that a withheld
/// intent dies with the next revocation. Acts that take back carry none, so that nothing can make them fail.
interface ISignedActs {
    /// @notice How an act was signed.
    /// @param signer who acts.
    /// @param nonce keyed nonce: `key << 64 | sequence`; the next one of a key is `nonces(signer, key)` (NoncesKeyed).
    /// @param deadline last second (Unix time) at which the act may be carried out.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the signer's ERC-1271 contract takes.
    struct Auth {
        address signer;
        uint256 nonce;
        uint64 deadline;
        bytes signature;
    }

    /// @notice The intent with this EIP-712 digest was carried out.
    event IntentCarriedOut(bytes32 indexed digest, address indexed signer);

    /// @notice The intent with this EIP-712 digest failed for good. `reason` is the act's revert data, at most 512 bytes.
    event IntentFailed(bytes32 indexed digest, address indexed signer, bytes reason);

    /// @notice The signer gave up the intent that this nonce belongs to, if there was one.
    event IntentCancelled(address indexed signer, uint256 nonce);

    /// @notice Found the present time, expected at most the deadline.
    error SignedActExpired(uint256 blockTime, uint64 deadline);

    /// @notice The signature is neither the signer's key's nor accepted by the signer's contract.
    error SignedActInvalidSignature(address signer, bytes32 digest);

    /// @notice Found this gas before the act, expected at least the floor. Nothing was consumed.
    error SignedActStarved(uint256 gasLeft, uint256 gasFloor);

    /// @notice Consumes a nonce of the caller's own, without an act: a withheld intent with this nonce is dead.
    function cancelIntent(uint256 nonce) external;
}
