// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActs} from "./ISignedActs.sol";

/// @title IDeviceRegistry
/// @notice Devices and their owners. A device is an ERC-721 token whose id is the device id,
/// `keccak256(manufacturer 20 ‖ x 32 ‖ y 32)` over its P-256 key at manufacture.
///
/// A device's own statements are ES256 (SHA-256, P-256, high s allowed) over
/// `"pythia/<kind>/1" ‖ chain id 32 ‖ this contract 20 ‖ device id 32 ‖ fields`, big-endian:
///  - `claim`:   claimer 20
///  - `rotate`:  epoch 8 ‖ new x 32 ‖ new y 32, signed by the present key and by the new one
///  - `counter`: security counter 8
interface IDeviceRegistry is ISignedActs {
    /// @notice One storage slot: what a device asks about itself, provable at once.
    /// @param owner 20 bytes, lowest; zero until the claim.
    /// @param status 0 unclaimed, 1 active, 2 frozen, 3 retired.
    /// @param epoch 1 at the claim; a transfer or {endConsents} bumps it and ends all consents of the device.
    /// @param securityCounter the device's own word on the oldest firmware that it still takes; only grows.
    struct Device {
        address owner;
        uint8 status;
        uint40 epoch;
        uint48 securityCounter;
    }

    /// @notice What a claimer shows.
    /// @param manufacturer who registered the batch.
    /// @param keyX P-256 key at manufacture, x. @param keyY y.
    /// @param claimKey address of the secp256k1 key in the device's QR code.
    /// @param modelId the manufacturer's model.
    /// @param root batch; `proof` leads to it from keccak256(keccak256(abi.encode(device id, claim key, model id))).
    /// @param claimKeySignature 65 bytes over EIP-712 `ClaimKey(bytes32 deviceId,address claimer)` of this domain.
    /// @param deviceR the device's statement `claim`, r. @param deviceS s.
    struct Claim {
        address manufacturer;
        bytes32 keyX;
        bytes32 keyY;
        address claimKey;
        bytes32 modelId;
        bytes32 root;
        bytes32[] proof;
        bytes claimKeySignature;
        bytes32 deviceR;
        bytes32 deviceS;
    }

    /// @notice A new identity key of a device, with the `rotate` statement signed by the old and by the new key.
    /// @param manufacturer part of the device id; looked at only while the key at manufacture holds.
    struct Rotation {
        address manufacturer;
        bytes32 oldX;
        bytes32 oldY;
        bytes32 newX;
        bytes32 newY;
        bytes32 oldR;
        bytes32 oldS;
        bytes32 newR;
        bytes32 newS;
    }

    /// @notice What an owner has set about itself. One storage slot.
    /// @param devices how many it owns. @param epoch see {ownerEpoch}.
    /// @param recovery who may start a recovery, or zero. @param recoveryDelay seconds from start to move.
    struct Holder {
        uint32 devices;
        uint32 epoch;
        address recovery;
        uint32 recoveryDelay;
    }

    /// @notice A recovery under way. One storage slot. Devices may be moved from `readyAt` to `expiresAt` (Unix time).
    struct Recovery {
        address newOwner;
        uint48 readyAt;
        uint48 expiresAt;
    }

    event BatchRegistered(address indexed manufacturer, bytes32 indexed root, uint32 count, string uri);
    event DeviceClaimed(
        bytes32 indexed deviceId,
        address indexed owner,
        address indexed manufacturer,
        bytes32 keyX,
        bytes32 keyY,
        bytes32 modelId,
        bytes32 root
    );
    /// @notice A device changed hands: `epoch` is the new one. Comes after ERC-721's Transfer.
    event DeviceTransferred(bytes32 indexed deviceId, address indexed from, address indexed to, uint40 epoch);
    event DeviceFrozen(bytes32 indexed deviceId, address indexed owner);
    event DeviceUnfrozen(bytes32 indexed deviceId, address indexed owner);
    event DeviceRetired(bytes32 indexed deviceId, address indexed owner);
    /// @notice All consents of the device ended: `epoch` is the new one.
    event ConsentsEnded(bytes32 indexed deviceId, address indexed owner, uint40 epoch);
    event DeviceKeyRotated(bytes32 indexed deviceId, bytes32 keyX, bytes32 keyY);
    event SecurityCounterRaised(bytes32 indexed deviceId, uint48 securityCounter);
    event OwnerEpochBumped(address indexed owner, uint32 epoch);
    event RecoverySet(address indexed owner, address indexed recovery, uint32 delaySeconds);
    event RecoveryStarted(address indexed owner, address indexed newOwner, uint48 readyAt, uint48 expiresAt);
    event RecoveryCancelled(address indexed owner);

    /// @notice The batch is empty, or this manufacturer has registered this root before.
    error DeviceBatchInvalid(bytes32 root, uint32 count);
    error DeviceBatchUnknown(address manufacturer, bytes32 root);
    error DeviceAlreadyClaimed(bytes32 deviceId);
    error DeviceNotInBatch(bytes32 deviceId, bytes32 root);
    error DeviceClaimKeyMismatch(bytes32 deviceId, address claimKey, address found);
    /// @notice The device's own signature is missing or over something else.
    error DeviceStatementInvalid(bytes32 deviceId);
    error DeviceKeyMismatch(bytes32 deviceId, bytes32 keyHashFound, bytes32 keyHashExpected);
    /// @notice `actor` is not the owner (`owner` is zero for a device that nobody claimed).
    error DeviceNotOwner(bytes32 deviceId, address actor, address owner);
    error DeviceStatusRefused(bytes32 deviceId, uint8 status);
    error DeviceReceiverRefused(bytes32 deviceId, address receiver);
    error DeviceEpochMoved(bytes32 deviceId, uint40 found, uint40 expected);
    error DeviceOwnerEpochMoved(address owner, uint32 found, uint32 expected);
    error DeviceCounterNotNewer(bytes32 deviceId, uint48 found, uint48 present);
    error RecoveryDelayRefused(uint32 delaySeconds, uint32 least, uint32 most);
    error RecoveryNotAuthorized(address owner, address actor);
    error RecoveryNotReady(address owner, uint256 blockTime, uint48 readyAt, uint48 expiresAt);

    // Manufacturer

    /// @notice Registers `count` devices at once by the Merkle root of their leaves. The proofs are published at `uri`.
    function registerBatch(bytes32 root, uint32 count, string calldata uri) external;
    function registerBatchSigned(bytes32 root, uint32 count, string calldata uri, Auth calldata auth) external;

    // Owner

    /// @notice Makes the caller the device's first owner. Works once, for ever.
    function claim(Claim calldata evidence) external;
    /// @notice The signer signs `keccak256(abi.encode(evidence))`: nobody can make its claim fail with other evidence.
    function claimSigned(Claim calldata evidence, Auth calldata auth) external;

    /// @notice Moves the device to `to`, as ERC-721's transfers do, if both counters are the present ones: an owner
    /// who took something back since, or had the device back in between, is not held to an older word.
    function transfer(bytes32 deviceId, address to, uint40 deviceEpoch, uint32 ownerEpoch_) external;
    function transferSigned(bytes32 deviceId, address to, uint40 deviceEpoch, uint32 ownerEpoch_, Auth calldata auth)
        external;

    /// @notice Suspends the device: nobody may use, command or move it (a recovery may) until it is unfrozen.
    function freeze(bytes32 deviceId) external;
    function freezeSigned(bytes32 deviceId, Auth calldata auth) external;
    /// @notice Ends a suspension, if both counters are the present ones: a word that was overtaken by a freeze of the
    /// signer's, or by the device's going and coming back, is void.
    function unfreeze(bytes32 deviceId, uint40 deviceEpoch, uint32 ownerEpoch_) external;
    function unfreezeSigned(bytes32 deviceId, uint40 deviceEpoch, uint32 ownerEpoch_, Auth calldata auth) external;

    /// @notice Ends the device for good. It stays on record with its owner and is never claimed again.
    function retire(bytes32 deviceId, uint40 deviceEpoch) external;
    function retireSigned(bytes32 deviceId, uint40 deviceEpoch, Auth calldata auth) external;

    /// @notice Ends every consent of the device, whoever remembers it, with one write.
    function endConsents(bytes32 deviceId) external;
    function endConsentsSigned(bytes32 deviceId, Auth calldata auth) external;

    /// @notice Puts a new identity key in the place of the present one. The owner, the old and the new key agree.
    function rotateKey(bytes32 deviceId, Rotation calldata rotation) external;
    function rotateKeySigned(bytes32 deviceId, Rotation calldata rotation, Auth calldata auth) external;

    /// @notice Raises the device's security counter by its own statement. Anybody may carry it.
    function raiseSecurityCounter(
        bytes32 deviceId,
        uint48 counter,
        address manufacturer,
        bytes32 keyX,
        bytes32 keyY,
        bytes32 deviceR,
        bytes32 deviceS
    ) external;

    // Recovery of lost owner keys

    /// @notice Names who may start a recovery of all the caller's devices, or nobody (zero). Ends one under way.
    function setRecovery(address recovery, uint32 delaySeconds, uint32 ownerEpoch_) external;
    function setRecoverySigned(address recovery, uint32 delaySeconds, uint32 ownerEpoch_, Auth calldata auth) external;

    /// @notice By the recovery address. From the owner's delay on, for 30 days, {finishRecovery} moves devices.
    function startRecovery(address owner, address newOwner, uint32 ownerEpoch_) external;
    function startRecoverySigned(address owner, address newOwner, uint32 ownerEpoch_, Auth calldata auth) external;

    /// @notice By the owner, who has its key after all.
    function cancelRecovery() external;
    function cancelRecoverySigned(Auth calldata auth) external;

    /// @notice Moves one device to the new owner. Anybody may call it once the recovery is ready, also for a device that
    /// the owner got meanwhile: an owner who has its key again cancels the recovery before it takes a device back.
    function finishRecovery(bytes32 deviceId) external;

    // Views

    function device(bytes32 deviceId) external view returns (Device memory);
    /// @notice keccak256(x ‖ y) of the key that a rotation set, or zero: the key at manufacture still holds.
    function rotatedKeyHash(bytes32 deviceId) external view returns (bytes32);
    /// @notice 0 and 0 for a root that this manufacturer has not registered.
    function batch(address manufacturer, bytes32 root) external view returns (uint32 count, uint64 registeredAt);
    function holder(address owner) external view returns (Holder memory);
    function recoveryOf(address owner) external view returns (Recovery memory);
    /// @notice How often this owner took something back here (freeze, endConsents, recovery set or cancelled).
    function ownerEpoch(address owner) external view returns (uint32);
    /// @notice {device} and {ownerEpoch} of its owner in one call.
    function deviceAndOwnerEpoch(bytes32 deviceId) external view returns (Device memory, uint32);
}
