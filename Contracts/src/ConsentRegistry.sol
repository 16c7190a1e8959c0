// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {IPolicyRegistry} from "./interfaces/IPolicyRegistry.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {SignedActs} from "./SignedActs.sol";

/// @title ConsentRegistry
/// @notice See {IConsentRegistry}.
/// @dev A verifier proves two mappings, so their layout is part of the interface:
///  - `_consents[consentId]`, two slots: status (low 8 bits) | kind (8) | notBefore (40) | notAfter (40) |
///    grantEpoch (64) | bond (96); then policy;
///  - `_grantees[owner][grantee]`: floor (low 64 bits) | next (160) | listed (8).
/// A bond is locked iff it is not zero and the status is active or revoked.
contract ConsentRegistry is IConsentRegistry, SignedActs {
    uint8 private constant OFFERED = 1;
    uint8 private constant ACTIVE = 2;
    uint8 private constant REVOKED = 3;

    uint8 private constant DATA = 1;
    uint8 private constant COMMAND = 2;

    uint8 private constant DEVICE_ACTIVE = 1;
    uint8 private constant DEVICE_RETIRED = 3;
    uint8 private constant POLICY_PUBLISHED = 1;

    /// @notice From the first {releaseBond} to the second: time to show a misuse.
    uint64 public constant BOND_DELAY = 14 days;

    bytes32 private constant GRANT_TYPEHASH = keccak256(
        "Grant(bytes32 deviceId,address grantee,bytes32 scope,uint8 kind,uint40 notBefore,uint40 notAfter,uint96 bond,bytes32 policy,uint64 grantEpoch,uint40 deviceEpoch,uint32 ownerEpoch,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant REVOKE_TYPEHASH = keccak256(
        "Revoke(bytes32 deviceId,address grantee,bytes32 scope,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant REVOKE_GRANTEE_TYPEHASH =
        keccak256("RevokeGrantee(address grantee,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant REVOKE_ALL_TYPEHASH =
        keccak256("RevokeAll(uint32 max,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant ACCEPT_TYPEHASH = keccak256(
        "Accept(bytes32 deviceId,uint64 deviceEpoch,bytes32 scope,bytes32 termsHash,address signer,uint256 nonce,uint64 deadline)"
    );
    bytes32 private constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address to,uint256 amountWei,address signer,uint256 nonce,uint64 deadline)");

    /// @dev Grantees in one step of {revokeAll} at most: what it must be given then fits a transaction (EIP-7825).
    uint32 private constant STEP = 500;

    /// @dev What an act can need at most, all storage cold.
    uint256 private constant GRANT_GAS = 220_000;
    uint256 private constant REVOKE_GAS = 100_000;
    uint256 private constant REVOKE_ALL_GAS_PER_GRANTEE = 15_000;
    uint256 private constant ACCEPT_GAS = 100_000;
    uint256 private constant PAYMENT_GAS = 50_000;
    /// @dev Sending value to an account that does not exist yet.
    uint256 private constant PAYMENT_OVERHEAD = 36_600;
    uint256 private constant WITHDRAW_GAS = 140_000;

    IDeviceRegistry public immutable devices;
    IPolicyRegistry public immutable policies;

    mapping(bytes32 consentId => Consent) private _consents;
    mapping(address owner => mapping(address grantee => Grantee)) private _grantees;
    mapping(address owner => Granter) private _granters;
    mapping(address grantee => uint256) private _deposits;
    mapping(bytes32 consentId => uint64) private _bondReleasableAt;

    constructor(IDeviceRegistry devices_, IPolicyRegistry policies_) EIP712("Pythia ConsentRegistry", "1") {
        devices = devices_;
        policies = policies_;
    }

    // ---- Grant

    /// @inheritdoc IConsentRegistry
    function grant(Terms calldata terms, Epochs calldata epochs) external {
        address owner = _msgSender();
        (IDeviceRegistry.Device memory device, uint32 ownerEpoch) = devices.deviceAndOwnerEpoch(terms.deviceId);
        if (device.owner == address(0) || device.owner != owner) {
            revert ConsentNotOwner(terms.deviceId, owner, device.owner);
        }
        if (device.status != DEVICE_ACTIVE) revert ConsentDeviceNotActive(terms.deviceId, device.status);

        Epochs memory expected = Epochs(_granters[owner].grantEpoch, device.epoch, ownerEpoch);
        if (
            epochs.grantEpoch != expected.grantEpoch || epochs.deviceEpoch != expected.deviceEpoch
                || epochs.ownerEpoch != expected.ownerEpoch
        ) revert ConsentEpochMoved(epochs, expected);

        _checkTerms(terms);
        _record(owner, terms, epochs);
    }

    /// @inheritdoc IConsentRegistry
    function grantSigned(Terms calldata terms, Epochs calldata epochs, Auth calldata auth) external {
        // The struct's fields are those of terms, epochs and auth in this order, all of one word each.
        bytes32 structHash = keccak256(
            bytes.concat(
                GRANT_TYPEHASH,
                abi.encode(terms),
                abi.encode(epochs),
                abi.encode(auth.signer, auth.nonce, auth.deadline)
            )
        );
        _carryOut(structHash, auth, abi.encodeCall(this.grant, (terms, epochs)), GRANT_GAS);
    }

    function _checkTerms(Terms calldata terms) private view {
        if (terms.kind != DATA && terms.kind != COMMAND) revert ConsentKindRefused(terms.kind);
        if (terms.grantee == address(0) || terms.grantee == address(this)) revert ConsentGranteeRefused(terms.grantee);
        if (terms.notAfter < terms.notBefore || terms.notAfter < block.timestamp) {
            revert ConsentWindowRefused(terms.notBefore, terms.notAfter, block.timestamp);
        }

        if (terms.kind == COMMAND && terms.policy == 0) return;
        uint8 status = policies.policy(terms.policy).status;
        if (status != POLICY_PUBLISHED) revert ConsentPolicyRefused(terms.policy, status);
    }

    function _record(address owner, Terms calldata terms, Epochs calldata epochs) private {
        bytes32 id = consentId(terms.deviceId, epochs.deviceEpoch, terms.grantee, terms.scope);
        Consent storage found = _consents[id];
        uint8 before = found.status;
        if (before != 0) {
            bool locked = before != OFFERED && found.bond != 0;
            bool lives = before != REVOKED && found.grantEpoch >= _grantees[owner][terms.grantee].floor
                && block.timestamp <= found.notAfter;
            if (locked || lives) revert ConsentExists(id, before);
        }

        // A permission imposes nothing on its holder; terms or a bond do, and need its word.
        uint8 status = terms.kind == COMMAND && terms.bond == 0 ? ACTIVE : OFFERED;
        _consents[id] = Consent({
            status: status,
            kind: terms.kind,
            notBefore: terms.notBefore,
            notAfter: terms.notAfter,
            grantEpoch: epochs.grantEpoch,
            bond: terms.bond,
            policy: terms.policy
        });
        _list(owner, terms.grantee);
        emit ConsentGranted(
            id,
            owner,
            terms.grantee,
            terms.deviceId,
            epochs.deviceEpoch,
            terms.scope,
            status,
            terms.kind,
            terms.notBefore,
            terms.notAfter,
            epochs.grantEpoch,
            terms.bond,
            terms.policy
        );
    }

    /// @dev Puts the grantee at the head of the owner's list, once, in the slot that holds its floor.
    function _list(address owner, address grantee) private {
        Grantee storage entry = _grantees[owner][grantee];
        if (entry.listed) return;

        Granter storage granter = _granters[owner];
        entry.next = granter.first;
        entry.listed = true;
        granter.first = grantee;
        ++granter.listed;
    }

    // ---- Accept

    /// @inheritdoc IConsentRegistry
    function accept(ConsentKey calldata key, bytes32 termsHash_) external {
        address grantee = _msgSender();
        if (grantee != key.grantee) revert ConsentNotGrantee(grantee, key.grantee);

        bytes32 id = _idOf(key);
        Consent storage found = _consents[id];
        IDeviceRegistry.Device memory device = devices.device(key.deviceId);
        if (found.status != OFFERED || device.status != DEVICE_ACTIVE || _hasEnded(key, found, device)) {
            revert ConsentNotOffered(id, found.status);
        }

        bytes32 expected = termsHash(id);
        if (termsHash_ != expected) revert ConsentTermsMismatch(id, termsHash_, expected);

        uint96 bond = found.bond;
        uint256 deposited = _deposits[grantee];
        if (deposited < bond) revert ConsentDepositTooLow(grantee, deposited, bond);

        if (bond != 0) _deposits[grantee] = deposited - bond;
        found.status = ACTIVE;
        emit ConsentAccepted(id, grantee, termsHash_, bond);
    }

    /// @inheritdoc IConsentRegistry
    function acceptSigned(ConsentKey calldata key, bytes32 termsHash_, Auth calldata auth) external {
        // The grantee is the signer; accept() refuses any other.
        bytes32 structHash = keccak256(
            abi.encode(
                ACCEPT_TYPEHASH,
                key.deviceId,
                key.deviceEpoch,
                key.scope,
                termsHash_,
                auth.signer,
                auth.nonce,
                auth.deadline
            )
        );
        ConsentKey memory own = ConsentKey(key.deviceId, key.deviceEpoch, auth.signer, key.scope);
        _carryOut(structHash, auth, abi.encodeCall(this.accept, (own, termsHash_)), ACCEPT_GAS);
    }

    // ---- Revoke

    /// @inheritdoc IConsentRegistry
    function revoke(bytes32 deviceId, address grantee, bytes32 scope) external {
        address owner = _msgSender();
        IDeviceRegistry.Device memory device = devices.device(deviceId);
        if (device.owner == address(0) || device.owner != owner) revert ConsentNotOwner(deviceId, owner, device.owner);

        bytes32 id = consentId(deviceId, device.epoch, grantee, scope);
        Consent storage found = _consents[id];
        if (found.status == OFFERED) found.bond = 0; // it was never locked
        if (found.status != 0) found.status = REVOKED;

        // Also where nothing stands: the grant may have been signed and be on its way, withheld.
        emit ConsentRevoked(id, owner, grantee, deviceId, scope, ++_granters[owner].grantEpoch);
    }

    /// @inheritdoc IConsentRegistry
    function revokeSigned(bytes32 deviceId, address grantee, bytes32 scope, Auth calldata auth) external {
        bytes32 structHash =
            keccak256(abi.encode(REVOKE_TYPEHASH, deviceId, grantee, scope, auth.signer, auth.nonce, auth.deadline));
        _carryOut(structHash, auth, abi.encodeCall(this.revoke, (deviceId, grantee, scope)), REVOKE_GAS);
    }

    /// @inheritdoc IConsentRegistry
    function revokeGrantee(address grantee) external {
        address owner = _msgSender();
        uint64 floor = ++_granters[owner].grantEpoch;
        _grantees[owner][grantee].floor = floor;
        emit GranteeRevoked(owner, grantee, floor);
    }

    /// @inheritdoc IConsentRegistry
    function revokeGranteeSigned(address grantee, Auth calldata auth) external {
        bytes32 structHash =
            keccak256(abi.encode(REVOKE_GRANTEE_TYPEHASH, grantee, auth.signer, auth.nonce, auth.deadline));
        _carryOut(structHash, auth, abi.encodeCall(this.revokeGrantee, (grantee)), REVOKE_GAS);
    }

    /// @inheritdoc IConsentRegistry
    function revokeAll(uint32 max) external {
        address owner = _msgSender();
        Granter memory granter = _granters[owner];
        ++granter.grantEpoch;
        if (max > STEP) max = STEP;
        for (uint32 i = 0; i < max && granter.first != address(0); ++i) {
            address grantee = granter.first;
            granter.first = _grantees[owner][grantee].next;
            --granter.listed;
            _grantees[owner][grantee] = Grantee({floor: granter.grantEpoch, next: address(0), listed: false});
            emit GranteeRevoked(owner, grantee, granter.grantEpoch);
        }
        _granters[owner] = granter;
        emit AllRevoked(owner, granter.grantEpoch, granter.listed);
    }

    /// @inheritdoc IConsentRegistry
    function revokeAllSigned(uint32 max, Auth calldata auth) external {
        bytes32 structHash = keccak256(abi.encode(REVOKE_ALL_TYPEHASH, max, auth.signer, auth.nonce, auth.deadline));
        uint256 grantees = _granters[auth.signer].listed;
        if (grantees > max) grantees = max;
        if (grantees > STEP) grantees = STEP;
        uint256 actGas = REVOKE_GAS + REVOKE_ALL_GAS_PER_GRANTEE * grantees;
        _carryOut(structHash, auth, abi.encodeCall(this.revokeAll, (max)), actGas);
    }

    // ---- Deposits and bonds

    /// @inheritdoc IConsentRegistry
    function deposit(address grantee) external payable {
        if (grantee == address(0)) revert ConsentGranteeRefused(grantee);

        _deposits[grantee] += msg.value;
        emit Deposited(grantee, msg.sender, msg.value);
    }

    /// @inheritdoc IConsentRegistry
    function withdraw(address payable to, uint256 amountWei) external {
        address grantee = _msgSender();
        uint256 deposited = _deposits[grantee];
        if (deposited < amountWei) revert ConsentDepositTooLow(grantee, deposited, amountWei);

        _deposits[grantee] = deposited - amountWei;
        emit Withdrawn(grantee, to, amountWei);

        // The receiver gets the same gas whoever carries the act, so that nobody can make the payment fail.
        uint256 needed = BoundedCall.needed(PAYMENT_GAS) + PAYMENT_OVERHEAD;
        if (gasleft() < needed) revert SignedActStarved(gasleft(), needed);
        (bool paid,) = BoundedCall.tryCall(to, PAYMENT_GAS, amountWei, "");
        if (!paid) revert ConsentPaymentFailed(to, amountWei);
    }

    /// @inheritdoc IConsentRegistry
    function withdrawSigned(address payable to, uint256 amountWei, Auth calldata auth) external {
        bytes32 structHash =
            keccak256(abi.encode(WITHDRAW_TYPEHASH, to, amountWei, auth.signer, auth.nonce, auth.deadline));
        _carryOut(structHash, auth, abi.encodeCall(this.withdraw, (to, amountWei)), WITHDRAW_GAS);
    }

    /// @inheritdoc IConsentRegistry
    function releaseBond(ConsentKey calldata key) external {
        bytes32 id = _idOf(key);
        Consent storage found = _consents[id];
        uint96 bond = found.bond;
        if (bond == 0 || (found.status != ACTIVE && found.status != REVOKED)) revert ConsentNoBond(id);

        uint64 releasableAt = _bondReleasableAt[id];
        if (releasableAt == 0) {
            if (!_hasEnded(key, found, devices.device(key.deviceId))) revert ConsentNotEnded(id);
            releasableAt = uint64(block.timestamp) + BOND_DELAY;
            _bondReleasableAt[id] = releasableAt;
            emit BondReleaseStarted(id, key.grantee, releasableAt);
            return;
        }

        if (block.timestamp < releasableAt) revert ConsentBondNotReleasable(id, block.timestamp, releasableAt);
        delete _bondReleasableAt[id];
        found.bond = 0;
        _deposits[key.grantee] += bond;
        emit BondReleased(id, key.grantee, bond);
    }

    /// @dev Whether it can never be active again. A frozen device is no end: it may be unfrozen.
    /// After the device's epoch has moved, its present owner says nothing about the consent, and isn't looked at.
    function _hasEnded(ConsentKey calldata key, Consent storage found, IDeviceRegistry.Device memory device)
        private
        view
        returns (bool)
    {
        return found.status == REVOKED || block.timestamp > found.notAfter || device.epoch != key.deviceEpoch
            || device.status == DEVICE_RETIRED || found.grantEpoch < _grantees[device.owner][key.grantee].floor;
    }

    // ---- Views

    /// @inheritdoc IConsentRegistry
    function consentId(bytes32 deviceId, uint64 deviceEpoch, address grantee, bytes32 scope)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(deviceId, deviceEpoch, grantee, scope));
    }

    /// @inheritdoc IConsentRegistry
    function consent(bytes32 consentId_) external view returns (Consent memory) {
        return _consents[consentId_];
    }

    /// @inheritdoc IConsentRegistry
    function termsHash(bytes32 consentId_) public view returns (bytes32) {
        Consent storage found = _consents[consentId_];
        return keccak256(
            abi.encode(
                consentId_, found.kind, found.notBefore, found.notAfter, found.grantEpoch, found.bond, found.policy
            )
        );
    }

    /// @inheritdoc IConsentRegistry
    function isActive(bytes32 deviceId, address grantee, bytes32 scope) external view returns (bool) {
        IDeviceRegistry.Device memory device = devices.device(deviceId);
        Consent storage found = _consents[consentId(deviceId, device.epoch, grantee, scope)];
        return device.status == DEVICE_ACTIVE && found.status == ACTIVE
            && found.grantEpoch >= _grantees[device.owner][grantee].floor && block.timestamp >= found.notBefore
            && block.timestamp <= found.notAfter;
    }

    /// @inheritdoc IConsentRegistry
    function grantEpoch(address owner) external view returns (uint64) {
        return _granters[owner].grantEpoch;
    }

    /// @inheritdoc IConsentRegistry
    function granteeOf(address owner, address grantee) external view returns (Grantee memory) {
        return _grantees[owner][grantee];
    }

    /// @inheritdoc IConsentRegistry
    function granterOf(address owner) external view returns (Granter memory) {
        return _granters[owner];
    }

    /// @inheritdoc IConsentRegistry
    function epochsOf(bytes32 deviceId) external view returns (Epochs memory) {
        (IDeviceRegistry.Device memory device, uint32 ownerEpoch) = devices.deviceAndOwnerEpoch(deviceId);
        return Epochs(_granters[device.owner].grantEpoch, device.epoch, ownerEpoch);
    }

    /// @inheritdoc IConsentRegistry
    function depositOf(address grantee) external view returns (uint256) {
        return _deposits[grantee];
    }

    /// @inheritdoc IConsentRegistry
    function bondReleasableAt(bytes32 consentId_) external view returns (uint64) {
        return _bondReleasableAt[consentId_];
    }

    function _idOf(ConsentKey calldata key) private pure returns (bytes32) {
        return consentId(key.deviceId, key.deviceEpoch, key.grantee, key.scope);
    }
}
