// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {DeviceStatement} from "./libraries/DeviceStatement.sol";
import {SignedActs} from "./SignedActs.sol";

/// @title DeviceRegistry
/// @notice See {IDeviceRegistry}.
/// @dev A verifier proves two mappings, so their layout is part of the interface:
///  - `_devices[deviceId]`: owner (low 160 bits) | status (next 8) | epoch (next 40) | securityCounter (top 48);
///  - `_rotatedKeyHash[deviceId]`.
/// The owner stands there and nowhere else: ERC-721's own `_owners` and `_balances` stay empty ({_ownerOf} and
/// {_update} are replaced), so no two records of one owner can part, and a claim writes one slot less.
/// With Multicall an owner does several acts in one transaction, such as a key rotation and a transfer.
/// Nothing here calls an unknown contract but ERC-721's safe transfer, after all is written.
contract DeviceRegistry is IDeviceRegistry, ERC721, SignedActs, Multicall {
    struct Batch {
        uint32 count;
        uint64 registeredAt;
    }

    uint8 private constant ACTIVE = 1;
    uint8 private constant FROZEN = 2;
    uint8 private constant RETIRED = 3;

    /// @notice The bounds of an owner's recovery delay.
    uint32 public constant MIN_RECOVERY_DELAY = 1 days;
    uint32 public constant MAX_RECOVERY_DELAY = 365 days;
    /// @notice How long a recovery that is ready may be finished.
    uint32 public constant RECOVERY_WINDOW = 30 days;

    bytes32 private constant CLAIM_KEY_TYPEHASH = keccak256("ClaimKey(bytes32 deviceId,address claimer)");
    bytes32 private constant REGISTER_BATCH_TYPEHASH =
        keccak256("RegisterBatch(bytes32 root,uint32 count,string uri,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant CLAIM_TYPEHASH = keccak256(
        "Claim(bytes32 deviceId,bytes32 modelId,bytes32 evidence,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "Transfer(bytes32 deviceId,address to,uint40 deviceEpoch,uint32 ownerEpoch,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant FREEZE_TYPEHASH =
        keccak256("Freeze(bytes32 deviceId,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant UNFREEZE_TYPEHASH = keccak256(
        "Unfreeze(bytes32 deviceId,uint40 deviceEpoch,uint32 ownerEpoch,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant RETIRE_TYPEHASH =
        keccak256("Retire(bytes32 deviceId,uint40 deviceEpoch,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant END_CONSENTS_TYPEHASH =
        keccak256("EndConsents(bytes32 deviceId,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant ROTATE_KEY_TYPEHASH = keccak256(
        "RotateKey(bytes32 deviceId,bytes32 newX,bytes32 newY,bytes32 evidence,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant SET_RECOVERY_TYPEHASH = keccak256(
        "SetRecovery(address recovery,uint32 delaySeconds,uint32 ownerEpoch,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant START_RECOVERY_TYPEHASH = keccak256(
        "StartRecovery(address owner,address newOwner,uint32 ownerEpoch,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant CANCEL_RECOVERY_TYPEHASH =
        keccak256("CancelRecovery(address signer,uint256 nonce,uint64 deadline)");

    /// @dev What an act can need at most, all storage cold. The P-256 signatures count as checked in Solidity.
    uint256 private constant SIMPLE_GAS = 90_000;
    uint256 private constant REGISTER_BATCH_GAS = 60_000;
    uint256 private constant REGISTER_BATCH_GAS_PER_BYTE = 20;
    uint256 private constant CLAIM_GAS = 550_000;
    uint256 private constant ROTATE_KEY_GAS = 800_000;

    mapping(bytes32 deviceId => Device) private _devices;
    mapping(bytes32 deviceId => bytes32) private _rotatedKeyHash;
    mapping(address manufacturer => mapping(bytes32 root => Batch)) private _batches;
    mapping(address owner => Holder) private _holders;
    mapping(address owner => Recovery) private _recoveries;

    constructor() ERC721("Pythia Device", "PYTHIA") EIP712("Pythia DeviceRegistry", "1") {}

    // ---- Manufacturer

    /// @inheritdoc IDeviceRegistry
    function registerBatch(bytes32 root, uint32 count, string calldata uri) external {
        Batch storage found = _batches[_msgSender()][root];
        if (count == 0 || found.count != 0) revert DeviceBatchInvalid(root, count);

        found.count = count;
        found.registeredAt = uint64(block.timestamp);
        emit BatchRegistered(_msgSender(), root, count, uri);
    }

    /// @inheritdoc IDeviceRegistry
    function registerBatchSigned(bytes32 root, uint32 count, string calldata uri, Auth calldata auth) external {
        bytes32 uriHash = keccak256(bytes(uri));
        bytes32 structHash = keccak256(
            abi.encode(REGISTER_BATCH_TYPEHASH, root, count, uriHash, auth.signer, auth.nonce, auth.deadline)
        );
        uint256 actGas = REGISTER_BATCH_GAS + REGISTER_BATCH_GAS_PER_BYTE * bytes(uri).length;
        _carryOut(structHash, auth, abi.encodeCall(this.registerBatch, (root, count, uri)), actGas);
    }

    // ---- Claim

    /// @inheritdoc IDeviceRegistry
    function claim(Claim calldata evidence) external {
        address claimer = _msgSender();
        bytes32 deviceId = _deviceId(evidence.manufacturer, evidence.keyX, evidence.keyY);
        Device storage found = _devices[deviceId];
        if (found.status != 0) revert DeviceAlreadyClaimed(deviceId);
        _checkEvidence(deviceId, claimer, evidence);

        found.owner = claimer;
        found.status = ACTIVE;
        found.epoch = 1;
        ++_holders[claimer].devices;
        emit Transfer(address(0), claimer, uint256(deviceId));
        emit DeviceClaimed(
            deviceId, claimer, evidence.manufacturer, evidence.keyX, evidence.keyY, evidence.modelId, evidence.root
        );
    }

    /// @inheritdoc IDeviceRegistry
    function claimSigned(Claim calldata evidence, Auth calldata auth) external {
        bytes32 deviceId = _deviceId(evidence.manufacturer, evidence.keyX, evidence.keyY);
        bytes memory act = abi.encodeCall(this.claim, (evidence));
        bytes32 hash = _hashOfArguments(act);
        bytes32 structHash = keccak256(
            abi.encode(CLAIM_TYPEHASH, deviceId, evidence.modelId, hash, auth.signer, auth.nonce, auth.deadline)
        );
        _carryOut(structHash, auth, act, CLAIM_GAS);
    }

    /// @dev The manufacturer registered it, the QR code's key names the claimer, and so does the device.
    function _checkEvidence(bytes32 deviceId, address claimer, Claim calldata evidence) private view {
        bytes32 root = evidence.root;
        if (_batches[evidence.manufacturer][root].count == 0) revert DeviceBatchUnknown(evidence.manufacturer, root);

        // Hashed twice, so that no inner node of a tree can pass for a leaf.
        bytes32 inner = keccak256(abi.encode(deviceId, evidence.claimKey, evidence.modelId));
        bytes32 leaf = keccak256(abi.encode(inner));
        if (!MerkleProof.verifyCalldata(evidence.proof, root, leaf)) revert DeviceNotInBatch(deviceId, root);

        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(CLAIM_KEY_TYPEHASH, deviceId, claimer)));
        (address signedBy, ECDSA.RecoverError problem,) = ECDSA.tryRecoverCalldata(digest, evidence.claimKeySignature);
        if (problem != ECDSA.RecoverError.NoError || signedBy != evidence.claimKey) {
            revert DeviceClaimKeyMismatch(deviceId, evidence.claimKey, signedBy);
        }

        bytes32 statement = DeviceStatement.digest(DeviceStatement.CLAIM, deviceId, abi.encodePacked(claimer));
        if (!DeviceStatement.isSigned(statement, evidence.deviceR, evidence.deviceS, evidence.keyX, evidence.keyY)) {
            revert DeviceStatementInvalid(deviceId);
        }
    }

    // ---- Ownership

    /// @inheritdoc IDeviceRegistry
    function transfer(bytes32 deviceId, address to, uint40 deviceEpoch, uint32 ownerEpoch_) external {
        Device storage found = _owned(deviceId);
        _checkEpoch(deviceId, deviceEpoch, found.epoch);
        _checkOwnerEpoch(found.owner, ownerEpoch_);
        _update(to, uint256(deviceId), address(0));
    }

    /// @inheritdoc IDeviceRegistry
    function transferSigned(bytes32 deviceId, address to, uint40 deviceEpoch, uint32 ownerEpoch_, Auth calldata auth)
        external
    {
        bytes32 structHash = keccak256(
            abi.encode(
                TRANSFER_TYPEHASH, deviceId, to, deviceEpoch, ownerEpoch_, auth.signer, auth.nonce, auth.deadline
            )
        );
        bytes memory act = abi.encodeCall(this.transfer, (deviceId, to, deviceEpoch, ownerEpoch_));
        _carryOut(structHash, auth, act, SIMPLE_GAS);
    }

    /// @inheritdoc ERC721
    function balanceOf(address owner) public view override returns (uint256) {
        if (owner == address(0)) revert ERC721InvalidOwner(owner);
        return _holders[owner].devices;
    }

    /// @dev A device id is the token id. Zero for a device that nobody claimed.
    function _ownerOf(uint256 tokenId) internal view override returns (address) {
        return _devices[bytes32(tokenId)].owner;
    }

    /// @dev Every ERC-721 transfer comes here. A frozen device stays with its owner (it was frozen because it is not
    /// where it should be), a retired one for ever.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        bytes32 deviceId = bytes32(tokenId);
        Device storage found = _devices[deviceId];
        from = found.owner;
        if (from == address(0)) revert ERC721NonexistentToken(tokenId);
        if (auth != address(0)) _checkAuthorized(from, auth, tokenId);
        if (found.status != ACTIVE) revert DeviceStatusRefused(deviceId, found.status);

        _move(deviceId, to);
    }

    /// @dev Changes the owner and ends what the old one allowed: approvals, and by the epoch all consents.
    function _move(bytes32 deviceId, address to) private {
        if (to == address(0) || to == address(this)) revert DeviceReceiverRefused(deviceId, to);

        Device storage found = _devices[deviceId];
        address from = found.owner;
        uint40 epoch = found.epoch + 1;
        _approve(address(0), uint256(deviceId), address(0), false);
        --_holders[from].devices;
        ++_holders[to].devices;
        found.owner = to;
        found.epoch = epoch;
        emit Transfer(from, to, uint256(deviceId));
        emit DeviceTransferred(deviceId, from, to, epoch);
    }

    // ---- Status and epoch

    /// @inheritdoc IDeviceRegistry
    function freeze(bytes32 deviceId) external {
        Device storage found = _owned(deviceId);
        if (found.status != ACTIVE) revert DeviceStatusRefused(deviceId, found.status);

        found.status = FROZEN;
        _bumpOwnerEpoch(found.owner);
        emit DeviceFrozen(deviceId, found.owner);
    }

    /// @inheritdoc IDeviceRegistry
    function freezeSigned(bytes32 deviceId, Auth calldata auth) external {
        _carryOut(_hashOf(FREEZE_TYPEHASH, deviceId, auth), auth, abi.encodeCall(this.freeze, (deviceId)), SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function unfreeze(bytes32 deviceId, uint40 deviceEpoch, uint32 ownerEpoch_) external {
        Device storage found = _owned(deviceId);
        if (found.status != FROZEN) revert DeviceStatusRefused(deviceId, found.status);
        _checkEpoch(deviceId, deviceEpoch, found.epoch);
        _checkOwnerEpoch(found.owner, ownerEpoch_);

        found.status = ACTIVE;
        emit DeviceUnfrozen(deviceId, found.owner);
    }

    /// @inheritdoc IDeviceRegistry
    function unfreezeSigned(bytes32 deviceId, uint40 deviceEpoch, uint32 ownerEpoch_, Auth calldata auth) external {
        bytes32 structHash = keccak256(
            abi.encode(UNFREEZE_TYPEHASH, deviceId, deviceEpoch, ownerEpoch_, auth.signer, auth.nonce, auth.deadline)
        );
        bytes memory act = abi.encodeCall(this.unfreeze, (deviceId, deviceEpoch, ownerEpoch_));
        _carryOut(structHash, auth, act, SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function retire(bytes32 deviceId, uint40 deviceEpoch) external {
        Device storage found = _owned(deviceId);
        if (found.status == RETIRED) revert DeviceStatusRefused(deviceId, RETIRED);
        _checkEpoch(deviceId, deviceEpoch, found.epoch);

        found.status = RETIRED;
        emit DeviceRetired(deviceId, found.owner);
    }

    /// @inheritdoc IDeviceRegistry
    function retireSigned(bytes32 deviceId, uint40 deviceEpoch, Auth calldata auth) external {
        bytes32 structHash = _hashOf(RETIRE_TYPEHASH, deviceId, deviceEpoch, auth);
        _carryOut(structHash, auth, abi.encodeCall(this.retire, (deviceId, deviceEpoch)), SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function endConsents(bytes32 deviceId) external {
        Device storage found = _owned(deviceId);
        uint40 epoch = found.epoch + 1;
        found.epoch = epoch;
        _bumpOwnerEpoch(found.owner);
        emit ConsentsEnded(deviceId, found.owner, epoch);
    }

    /// @inheritdoc IDeviceRegistry
    function endConsentsSigned(bytes32 deviceId, Auth calldata auth) external {
        bytes32 structHash = _hashOf(END_CONSENTS_TYPEHASH, deviceId, auth);
        _carryOut(structHash, auth, abi.encodeCall(this.endConsents, (deviceId)), SIMPLE_GAS);
    }

    // ---- Keys of devices

    /// @inheritdoc IDeviceRegistry
    function rotateKey(bytes32 deviceId, Rotation calldata rotation) external {
        Device storage found = _owned(deviceId);
        if (found.status != ACTIVE) revert DeviceStatusRefused(deviceId, found.status);
        _checkKey(deviceId, rotation.manufacturer, rotation.oldX, rotation.oldY);

        // The old key, so that no owner can put a key of its own in the device's place; the new one, so that nobody
        // locks the device out by mistake; the epoch, so that what was signed for one owner is void for the next.
        bytes memory fields = abi.encodePacked(uint64(found.epoch), rotation.newX, rotation.newY);
        bytes32 statement = DeviceStatement.digest(DeviceStatement.ROTATE, deviceId, fields);
        if (
            !DeviceStatement.isSigned(statement, rotation.oldR, rotation.oldS, rotation.oldX, rotation.oldY)
                || !DeviceStatement.isSigned(statement, rotation.newR, rotation.newS, rotation.newX, rotation.newY)
        ) revert DeviceStatementInvalid(deviceId);

        _rotatedKeyHash[deviceId] = keccak256(abi.encode(rotation.newX, rotation.newY));
        emit DeviceKeyRotated(deviceId, rotation.newX, rotation.newY);
    }

    /// @inheritdoc IDeviceRegistry
    function rotateKeySigned(bytes32 deviceId, Rotation calldata rotation, Auth calldata auth) external {
        bytes32 structHash = keccak256(
            abi.encode(
                ROTATE_KEY_TYPEHASH,
                deviceId,
                rotation.newX,
                rotation.newY,
                keccak256(abi.encode(rotation)),
                auth.signer,
                auth.nonce,
                auth.deadline
            )
        );
        _carryOut(structHash, auth, abi.encodeCall(this.rotateKey, (deviceId, rotation)), ROTATE_KEY_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function raiseSecurityCounter(
        bytes32 deviceId,
        uint48 counter,
        address manufacturer,
        bytes32 keyX,
        bytes32 keyY,
        bytes32 deviceR,
        bytes32 deviceS
    ) external {
        Device storage found = _devices[deviceId];
        if (found.status == 0 || found.status == RETIRED) revert DeviceStatusRefused(deviceId, found.status);
        if (counter <= found.securityCounter) revert DeviceCounterNotNewer(deviceId, counter, found.securityCounter);
        _checkKey(deviceId, manufacturer, keyX, keyY);

        bytes memory fields = abi.encodePacked(uint64(counter));
        bytes32 statement = DeviceStatement.digest(DeviceStatement.COUNTER, deviceId, fields);
        if (!DeviceStatement.isSigned(statement, deviceR, deviceS, keyX, keyY)) {
            revert DeviceStatementInvalid(deviceId);
        }

        found.securityCounter = counter;
        emit SecurityCounterRaised(deviceId, counter);
    }

    /// @dev Whether (x, y) is the key that holds now.
    function _checkKey(bytes32 deviceId, address manufacturer, bytes32 x, bytes32 y) private view {
        bytes32 rotated = _rotatedKeyHash[deviceId];
        bytes32 expected = rotated == 0 ? deviceId : rotated;
        bytes32 shown = rotated == 0 ? _deviceId(manufacturer, x, y) : keccak256(abi.encode(x, y));
        if (shown != expected) revert DeviceKeyMismatch(deviceId, shown, expected);
    }

    // ---- Recovery of owners' keys

    /// @inheritdoc IDeviceRegistry
    function setRecovery(address recovery, uint32 delaySeconds, uint32 ownerEpoch_) external {
        address owner = _msgSender();
        _checkOwnerEpoch(owner, ownerEpoch_);
        bool inBounds = recovery == address(0)
            ? delaySeconds == 0
            : delaySeconds >= MIN_RECOVERY_DELAY && delaySeconds <= MAX_RECOVERY_DELAY;
        if (!inBounds) revert RecoveryDelayRefused(delaySeconds, MIN_RECOVERY_DELAY, MAX_RECOVERY_DELAY);

        _holders[owner].recovery = recovery;
        _holders[owner].recoveryDelay = delaySeconds;
        delete _recoveries[owner];
        _bumpOwnerEpoch(owner);
        emit RecoverySet(owner, recovery, delaySeconds);
    }

    /// @inheritdoc IDeviceRegistry
    function setRecoverySigned(address recovery, uint32 delaySeconds, uint32 ownerEpoch_, Auth calldata auth) external {
        bytes32 structHash = keccak256(
            abi.encode(
                SET_RECOVERY_TYPEHASH, recovery, delaySeconds, ownerEpoch_, auth.signer, auth.nonce, auth.deadline
            )
        );
        bytes memory act = abi.encodeCall(this.setRecovery, (recovery, delaySeconds, ownerEpoch_));
        _carryOut(structHash, auth, act, SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function startRecovery(address owner, address newOwner, uint32 ownerEpoch_) external {
        Holder storage found = _holders[owner];
        if (found.recovery == address(0) || found.recovery != _msgSender()) {
            revert RecoveryNotAuthorized(owner, _msgSender());
        }
        _checkOwnerEpoch(owner, ownerEpoch_);
        if (newOwner == address(0) || newOwner == address(this) || newOwner == owner) {
            revert RecoveryNotAuthorized(owner, newOwner);
        }

        uint48 readyAt = uint48(block.timestamp + found.recoveryDelay);
        uint48 expiresAt = readyAt + RECOVERY_WINDOW;
        _recoveries[owner] = Recovery({newOwner: newOwner, readyAt: readyAt, expiresAt: expiresAt});
        emit RecoveryStarted(owner, newOwner, readyAt, expiresAt);
    }

    /// @inheritdoc IDeviceRegistry
    function startRecoverySigned(address owner, address newOwner, uint32 ownerEpoch_, Auth calldata auth) external {
        bytes32 structHash = keccak256(
            abi.encode(START_RECOVERY_TYPEHASH, owner, newOwner, ownerEpoch_, auth.signer, auth.nonce, auth.deadline)
        );
        _carryOut(structHash, auth, abi.encodeCall(this.startRecovery, (owner, newOwner, ownerEpoch_)), SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function cancelRecovery() external {
        delete _recoveries[_msgSender()];
        _bumpOwnerEpoch(_msgSender());
        emit RecoveryCancelled(_msgSender());
    }

    /// @inheritdoc IDeviceRegistry
    function cancelRecoverySigned(Auth calldata auth) external {
        bytes32 structHash = keccak256(abi.encode(CANCEL_RECOVERY_TYPEHASH, auth.signer, auth.nonce, auth.deadline));
        _carryOut(structHash, auth, abi.encodeCall(this.cancelRecovery, ()), SIMPLE_GAS);
    }

    /// @inheritdoc IDeviceRegistry
    function finishRecovery(bytes32 deviceId) external {
        Device storage found = _devices[deviceId];
        address owner = found.owner;
        Recovery storage recovery = _recoveries[owner];
        if (found.status == RETIRED) revert DeviceStatusRefused(deviceId, RETIRED);
        if (
            recovery.newOwner == address(0) || block.timestamp < recovery.readyAt
                || block.timestamp > recovery.expiresAt
        ) revert RecoveryNotReady(owner, block.timestamp, recovery.readyAt, recovery.expiresAt);

        _move(deviceId, recovery.newOwner); // a frozen device too, and it stays frozen
    }

    // ---- Views

    /// @inheritdoc IDeviceRegistry
    function device(bytes32 deviceId) external view returns (Device memory) {
        return _devices[deviceId];
    }

    /// @inheritdoc IDeviceRegistry
    function rotatedKeyHash(bytes32 deviceId) external view returns (bytes32) {
        return _rotatedKeyHash[deviceId];
    }

    /// @inheritdoc IDeviceRegistry
    function batch(address manufacturer, bytes32 root) external view returns (uint32 count, uint64 registeredAt) {
        Batch storage found = _batches[manufacturer][root];
        return (found.count, found.registeredAt);
    }

    /// @inheritdoc IDeviceRegistry
    function holder(address owner) external view returns (Holder memory) {
        return _holders[owner];
    }

    /// @inheritdoc IDeviceRegistry
    function recoveryOf(address owner) external view returns (Recovery memory) {
        return _recoveries[owner];
    }

    /// @inheritdoc IDeviceRegistry
    function ownerEpoch(address owner) external view returns (uint32) {
        return _holders[owner].epoch;
    }

    /// @inheritdoc IDeviceRegistry
    function deviceAndOwnerEpoch(bytes32 deviceId) external view returns (Device memory, uint32) {
        Device memory found = _devices[deviceId];
        return (found, _holders[found.owner].epoch);
    }

    // ---- Helpers

    function _deviceId(address manufacturer, bytes32 x, bytes32 y) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(manufacturer, x, y));
    }

    /// @dev The device, if the actor owns it.
    function _owned(bytes32 deviceId) private view returns (Device storage found) {
        found = _devices[deviceId];
        address owner = found.owner;
        if (owner == address(0) || owner != _msgSender()) revert DeviceNotOwner(deviceId, _msgSender(), owner);
    }

    function _checkEpoch(bytes32 deviceId, uint40 found, uint40 expected) private pure {
        if (found != expected) revert DeviceEpochMoved(deviceId, found, expected);
    }

    function _checkOwnerEpoch(address owner, uint32 found) private view {
        uint32 expected = _holders[owner].epoch;
        if (found != expected) revert DeviceOwnerEpochMoved(owner, found, expected);
    }

    function _bumpOwnerEpoch(address owner) private {
        emit OwnerEpochBumped(owner, ++_holders[owner].epoch);
    }

    /// @dev keccak256 of what stands behind a call's selector: abi.encode of its arguments, without encoding twice.
    function _hashOfArguments(bytes memory act) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(act, 0x24), sub(mload(act), 4))
        }
    }

    /// @dev EIP-712 struct of a type with the device id before the signer's three fields.
    function _hashOf(bytes32 typeHash, bytes32 deviceId, Auth calldata auth) private pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, deviceId, auth.signer, auth.nonce, auth.deadline));
    }

    /// @dev Likewise, with a number after the device id.
    function _hashOf(bytes32 typeHash, bytes32 deviceId, uint256 number, Auth calldata auth)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(typeHash, deviceId, number, auth.signer, auth.nonce, auth.deadline));
    }

    function _msgSender() internal view override(Context, SignedActs) returns (address) {
        return SignedActs._msgSender();
    }

    function _msgData() internal view override(Context, SignedActs) returns (bytes calldata) {
        return SignedActs._msgData();
    }

    function _contextSuffixLength() internal view override(Context, SignedActs) returns (uint256) {
        return SignedActs._contextSuffixLength();
    }
}
