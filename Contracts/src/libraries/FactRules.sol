// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cbor} from "./Cbor.sol";
import {StorageLayout} from "./StorageLayout.sol";

/// @title FactRules
/// @notice What the words of each fact's slots mean, as Enclave/Verifier/Facts/FactRules.cs has it: a word of an absent slot is zero, a
/// status that is not known counts as none, and whoever is in doubt permits nothing. Results are deterministic CBOR.
library FactRules {
    uint256 private constant DEVICE_ACTIVE = 1;
    uint256 private constant DEVICE_FROZEN = 2;
    uint256 private constant DEVICE_RETIRED = 3;

    uint256 private constant CONSENT_ACTIVE = 2;
    uint256 private constant CONSENT_REVOKED = 3;
    uint256 private constant DATA = 1;
    uint256 private constant COMMAND = 2;

    uint256 private constant POLICY_PUBLISHED = 1;
    uint256 private constant POLICY_DEPRECATED = 2;

    uint256 private constant KEY_ACTIVE = 1;
    uint256 private constant KEY_FAULTED = 3;
    uint256 private constant KEY_WITHDRAWN = 4;
    uint256 private constant KEY_EXPIRED = 5;

    bytes internal constant NULL = hex"f6";

    /// @notice Owner of an active or frozen device.
    function ownerOf(uint256 device) internal pure returns (bytes memory) {
        uint256 owner = StorageLayout.deviceOwner(device);
        uint256 status = StorageLayout.deviceStatus(device);
        if (owner == 0 || (status != DEVICE_ACTIVE && status != DEVICE_FROZEN)) return NULL;
        return abi.encodePacked(hex"54", uint160(owner));
    }

    /// @notice [status, epoch, security counter], retired devices included.
    function deviceStatus(uint256 device) internal pure returns (bytes memory) {
        uint256 status = StorageLayout.deviceStatus(device);
        if (status == 0 || status > DEVICE_RETIRED) return NULL;
        return abi.encodePacked(
            hex"83",
            Cbor.unsigned(status),
            Cbor.unsigned(StorageLayout.deviceEpoch(device)),
            Cbor.unsigned(StorageLayout.deviceSecurityCounter(device))
        );
    }

    /// @notice Only an active device with an owner has consents that count.
    function isActive(uint256 device) internal pure returns (bool) {
        return StorageLayout.deviceStatus(device) == DEVICE_ACTIVE && StorageLayout.deviceOwner(device) != 0;
    }

    /// @notice [status, kind, not-before, not-after, policy]; one below its grantee's floor is revoked, whatever its own status says.
    function consent(uint256 first, uint256 policy, uint256 floor) internal pure returns (bytes memory) {
        uint256 status = _consentStatus(first, floor);
        if (status == 0) return NULL;
        return abi.encodePacked(
            hex"85",
            Cbor.unsigned(status),
            Cbor.unsigned(StorageLayout.consentKind(first)),
            Cbor.unsigned(StorageLayout.consentNotBefore(first)),
            Cbor.unsigned(StorageLayout.consentNotAfter(first)),
            hex"5820",
            StorageLayout.consentPolicy(policy)
        );
    }

    /// @notice [1, not-after] while an active command consent covers the block's time; the window includes both ends.
    function commandAllowed(uint256 first, uint256 floor, uint256 time) internal pure returns (bytes memory) {
        uint256 notAfter = StorageLayout.consentNotAfter(first);
        bool allowed = StorageLayout.consentKind(first) == COMMAND && _consentStatus(first, floor) == CONSENT_ACTIVE
            && time >= StorageLayout.consentNotBefore(first) && time <= notAfter;
        return allowed ? abi.encodePacked(hex"8201", Cbor.unsigned(notAfter)) : NULL;
    }

    /// @notice [status]: 1 published, 2 deprecated.
    function policyStatus(uint256 policy) internal pure returns (bytes memory) {
        uint256 status = StorageLayout.policyStatus(policy);
        if (status != POLICY_PUBLISHED && status != POLICY_DEPRECATED) return NULL;
        return abi.encodePacked(hex"81", Cbor.unsigned(status));
    }

    /// @notice Whether the registry knows this key at all.
    function isKnown(uint256 key) internal pure returns (bool) {
        uint256 status = StorageLayout.enclaveKeyStatus(key);
        return status != 0 && status <= KEY_FAULTED;
    }

    /// @notice [status, not-after, measurement, operator] of a known key, with the words that stand at its places in the lists.
    function pythiaKey(uint256 key, uint256 measurement, uint256 configuration, uint256 time)
        internal
        pure
        returns (bytes memory)
    {
        uint256 status = StorageLayout.enclaveKeyStatus(key);
        uint256 notAfter = StorageLayout.enclaveKeyNotAfter(key);
        if (status == KEY_ACTIVE) {
            if (time > notAfter) status = KEY_EXPIRED;
            if (measurement == 0 || configuration == 0) status = KEY_WITHDRAWN;
        }
        return abi.encodePacked(
            hex"84",
            Cbor.unsigned(status),
            Cbor.unsigned(notAfter),
            hex"5820",
            measurement,
            hex"50",
            uint128(StorageLayout.enclaveKeyOperator(key))
        );
    }

    /// @dev 0 for none: a status or a kind that is not known.
    function _consentStatus(uint256 first, uint256 floor) private pure returns (uint256) {
        uint256 status = StorageLayout.consentStatus(first);
        uint256 kind = StorageLayout.consentKind(first);
        if (status == 0 || status > CONSENT_REVOKED || (kind != DATA && kind != COMMAND)) return 0;
        bool isBelow = StorageLayout.consentGrantEpoch(first) < StorageLayout.granteeFloor(floor);
        return isBelow ? CONSENT_REVOKED : status;
    }
}
