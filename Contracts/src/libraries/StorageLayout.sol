// SPDX-License-Identifier: Apache-2.0
// Written by tools/layout-constants.mjs from snapshots/*.layout.json: change those, not this.
pragma solidity 0.8.37;

/// @title StorageLayout
/// @notice Where the compiled contracts keep what facts rest on: slots of mappings, members of their structs.
library StorageLayout {
    /// @dev `_devices` of DeviceRegistry: a mapping by bytes32; 1 slot an entry.
    uint256 internal constant DEVICE_MAPPING = 10;

    /// @dev In word 0 of the entry.
    function deviceOwner(uint256 word) internal pure returns (uint256) {
        return word & type(uint160).max;
    }

    /// @dev In word 0 of the entry.
    function deviceStatus(uint256 word) internal pure returns (uint256) {
        return (word >> 160) & type(uint8).max;
    }

    /// @dev In word 0 of the entry.
    function deviceEpoch(uint256 word) internal pure returns (uint256) {
        return (word >> 168) & type(uint40).max;
    }

    /// @dev In word 0 of the entry.
    function deviceSecurityCounter(uint256 word) internal pure returns (uint256) {
        return (word >> 208) & type(uint48).max;
    }

    /// @dev `_consents` of ConsentRegistry: a mapping by bytes32; 2 slots an entry.
    uint256 internal constant CONSENT_MAPPING = 4;

    uint256 internal constant CONSENT_POLICY_WORD = 1;

    /// @dev In word 0 of the entry.
    function consentStatus(uint256 word) internal pure returns (uint256) {
        return word & type(uint8).max;
    }

    /// @dev In word 0 of the entry.
    function consentKind(uint256 word) internal pure returns (uint256) {
        return (word >> 8) & type(uint8).max;
    }

    /// @dev In word 0 of the entry.
    function consentNotBefore(uint256 word) internal pure returns (uint256) {
        return (word >> 16) & type(uint40).max;
    }

    /// @dev In word 0 of the entry.
    function consentNotAfter(uint256 word) internal pure returns (uint256) {
        return (word >> 56) & type(uint40).max;
    }

    /// @dev In word 0 of the entry.
    function consentGrantEpoch(uint256 word) internal pure returns (uint256) {
        return (word >> 96) & type(uint64).max;
    }

    /// @dev In word 1 of the entry.
    function consentPolicy(uint256 word) internal pure returns (uint256) {
        return word;
    }

    /// @dev `_grantees` of ConsentRegistry: a mapping by address, then address; 1 slot an entry.
    uint256 internal constant GRANTEE_MAPPING = 5;

    /// @dev In word 0 of the entry.
    function granteeFloor(uint256 word) internal pure returns (uint256) {
        return word & type(uint64).max;
    }

    /// @dev `_policies` of PolicyRegistry: a mapping by bytes32; 1 slot an entry.
    uint256 internal constant POLICY_MAPPING = 4;

    /// @dev In word 0 of the entry.
    function policyStatus(uint256 word) internal pure returns (uint256) {
        return word & type(uint8).max;
    }

    /// @dev `_keys` of PythiaRegistry: a mapping by bytes32; 1 slot an entry.
    uint256 internal constant ENCLAVE_KEY_MAPPING = 3;

    /// @dev In word 0 of the entry.
    function enclaveKeyStatus(uint256 word) internal pure returns (uint256) {
        return word & type(uint8).max;
    }

    /// @dev In word 0 of the entry.
    function enclaveKeyNotAfter(uint256 word) internal pure returns (uint256) {
        return (word >> 8) & type(uint40).max;
    }

    /// @dev In word 0 of the entry.
    function enclaveKeyMeasurement(uint256 word) internal pure returns (uint256) {
        return (word >> 48) & type(uint32).max;
    }

    /// @dev In word 0 of the entry.
    function enclaveKeyConfiguration(uint256 word) internal pure returns (uint256) {
        return (word >> 80) & type(uint32).max;
    }

    /// @dev In word 0 of the entry.
    function enclaveKeyOperator(uint256 word) internal pure returns (uint256) {
        return (word >> 112) & type(uint128).max;
    }

    /// @dev `_measurements` of PythiaRegistry: a mapping by uint32; 1 slot an entry.
    uint256 internal constant MEASUREMENT_MAPPING = 4;

    /// @dev `_configurations` of PythiaRegistry: a mapping by uint32; 1 slot an entry.
    uint256 internal constant CONFIGURATION_MAPPING = 5;
}
