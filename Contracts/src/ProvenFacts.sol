// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "./interfaces/IProvenFacts.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {Cbor} from "./libraries/Cbor.sol";
import {EnclaveConfiguration} from "./libraries/EnclaveConfiguration.sol";
import {FactRules} from "./libraries/FactRules.sol";
import {Rlp} from "./libraries/Rlp.sol";
import {StorageLayout} from "./libraries/StorageLayout.sol";
import {TrieWalk} from "./libraries/TrieWalk.sol";

/// @title ProvenFacts
/// @notice See {IProvenFacts}.
/// @dev 1. the configuration names our contracts · 2. the header gives root and time · 3. the fact is read · 4. its slots are proven, one
/// after the other, where their words say · 5. its rule gives the result.
contract ProvenFacts is IProvenFacts {
    using EnclaveConfiguration for EnclaveConfiguration.Read;

    /// @dev A fact under one block.
    struct Asked {
        bytes32 stateRoot;
        uint256 time;
        bytes32 device;
        /// grantee or commander
        address party;
        /// scope, policy id or key id
        bytes32 subject;
        address registry;
    }

    uint64 private constant OWNER_OF = 1;
    uint64 private constant DEVICE_STATUS = 2;
    uint64 private constant CONSENT = 3;
    uint64 private constant COMMAND_ALLOWED = 4;
    uint64 private constant POLICY_STATUS = 5;
    uint64 private constant PYTHIA_KEY = 6;

    address public immutable deviceRegistry;
    address public immutable consentRegistry;
    address public immutable policyRegistry;

    constructor(address deviceRegistry_, address consentRegistry_, address policyRegistry_) {
        (deviceRegistry, consentRegistry, policyRegistry) = (deviceRegistry_, consentRegistry_, policyRegistry_);
    }

    /// @inheritdoc IProvenFacts
    function blockOf(bytes calldata header) external pure returns (BlockFacts memory) {
        return BlockHeader.read(header);
    }

    /// @inheritdoc IProvenFacts
    function chainIdOf(bytes calldata configuration) external pure returns (uint64) {
        return EnclaveConfiguration.read(configuration).chainId;
    }

    /// @inheritdoc IProvenFacts
    function valueAt(bytes32 root, bytes32 path, bytes[] calldata nodes)
        external
        pure
        returns (bool included, bytes memory value)
    {
        return TrieWalk.find(root, path, nodes);
    }

    /// @inheritdoc IProvenFacts
    function resultOf(
        bytes calldata configuration,
        address registry,
        bytes calldata header,
        bytes32 device,
        bytes calldata fact,
        AccountProof[] calldata proofs
    ) external view returns (bytes memory result) {
        _checkOurs(EnclaveConfiguration.read(configuration), registry); // 1.
        BlockFacts memory under = BlockHeader.read(header); // 2.
        (uint64 number, Asked memory asked) = _read(fact); // 3.
        (asked.stateRoot, asked.time, asked.device, asked.registry) = (under.stateRoot, under.time, device, registry);

        if (number == POLICY_STATUS) return _policyStatus(asked, proofs);
        if (number == PYTHIA_KEY) return _pythiaKey(asked, proofs);
        return _aboutDevice(number, asked, proofs);
    }

    // ---- The facts: 4. and 5.

    function _aboutDevice(uint64 number, Asked memory asked, AccountProof[] calldata proofs)
        private
        view
        returns (bytes memory)
    {
        bytes32 root = _storageRoot(asked.stateRoot, deviceRegistry, proofs, 0, 1);
        uint256 word = _word(root, _entry(asked.device, StorageLayout.DEVICE_MAPPING), proofs[0].slots[0]);
        bool restsOnConsent = number > DEVICE_STATUS && FactRules.isActive(word);
        _checkCount(proofs.length, restsOnConsent ? 2 : 1);
        if (number == OWNER_OF) return FactRules.ownerOf(word);
        if (number == DEVICE_STATUS) return FactRules.deviceStatus(word);
        if (!restsOnConsent) return FactRules.NULL;

        return _aboutConsent(number, asked, word, proofs);
    }

    function _aboutConsent(uint64 number, Asked memory asked, uint256 device, AccountProof[] calldata proofs)
        private
        view
        returns (bytes memory)
    {
        bool isConsent = number == CONSENT;
        bytes32 root = _storageRoot(asked.stateRoot, consentRegistry, proofs, 1, isConsent ? 3 : 2);
        bytes[][] calldata slots = proofs[1].slots;
        // The id holds the device's current epoch: consents of earlier epochs are other entries and are never found.
        uint256 epoch = StorageLayout.deviceEpoch(device);
        bytes32 id = keccak256(abi.encode(asked.device, epoch, asked.party, asked.subject));
        bytes32 entry = _entry(id, StorageLayout.CONSENT_MAPPING);
        uint256 first = _word(root, entry, slots[0]);

        bytes32 owner = bytes32(StorageLayout.deviceOwner(device));
        bytes32 ofOwner = _entry(owner, StorageLayout.GRANTEE_MAPPING);
        bytes32 ofGrantee = keccak256(abi.encode(asked.party, ofOwner));
        uint256 floor = _word(root, ofGrantee, slots[isConsent ? 2 : 1]);
        if (!isConsent) return FactRules.commandAllowed(first, floor, asked.time);

        bytes32 policy = bytes32(uint256(entry) + StorageLayout.CONSENT_POLICY_WORD);
        return FactRules.consent(first, _word(root, policy, slots[1]), floor);
    }

    function _policyStatus(Asked memory asked, AccountProof[] calldata proofs) private view returns (bytes memory) {
        _checkCount(proofs.length, 1);
        bytes32 root = _storageRoot(asked.stateRoot, policyRegistry, proofs, 0, 1);
        bytes32 entry = _entry(asked.subject, StorageLayout.POLICY_MAPPING);
        return FactRules.policyStatus(_word(root, entry, proofs[0].slots[0]));
    }

    function _pythiaKey(Asked memory asked, AccountProof[] calldata proofs) private pure returns (bytes memory) {
        _checkCount(proofs.length, 1);
        uint256 count = proofs[0].slots.length;
        if (count == 0) _checkCount(0, 1);
        bytes32 root = _storageRoot(asked.stateRoot, asked.registry, proofs, 0, count);
        bytes[][] calldata slots = proofs[0].slots;
        uint256 word = _word(root, _entry(asked.subject, StorageLayout.ENCLAVE_KEY_MAPPING), slots[0]);
        _checkCount(count, FactRules.isKnown(word) ? 3 : 1);
        if (count == 1) return FactRules.NULL;

        bytes32 measurement = bytes32(StorageLayout.enclaveKeyMeasurement(word));
        bytes32 configuration = bytes32(StorageLayout.enclaveKeyConfiguration(word));
        return FactRules.pythiaKey(
            word,
            _word(root, _entry(measurement, StorageLayout.MEASUREMENT_MAPPING), slots[1]),
            _word(root, _entry(configuration, StorageLayout.CONFIGURATION_MAPPING), slots[2]),
            asked.time
        );
    }

    // ---- Question and configuration

    /// @dev [fact: uint, *(uint / bstr)] with the arguments of the fact's line in the table.
    function _read(bytes calldata fact) private pure returns (uint64 number, Asked memory asked) {
        (uint256 count, uint256 pos) = Cbor.readArray(fact, 0, 1, 5);
        (number, pos) = Cbor.readUnsigned(fact, pos);
        if (number == 0 || number > PYTHIA_KEY) revert FactUnknown(number);
        bool hasParty = number == CONSENT || number == COMMAND_ALLOWED;
        if (count != (number <= DEVICE_STATUS ? 1 : hasParty ? 3 : 2)) Cbor.fail(0);

        if (hasParty) (asked.party, pos) = Cbor.readAddress(fact, pos);
        if (count > 1) (asked.subject, pos) = Cbor.readHash(fact, pos);
        if (pos != fact.length) Cbor.fail(pos);
    }

    function _checkOurs(EnclaveConfiguration.Read memory configuration, address registry) private view {
        _checkOne(configuration, "DeviceRegistry", deviceRegistry);
        _checkOne(configuration, "ConsentRegistry", consentRegistry);
        _checkOne(configuration, "PolicyRegistry", policyRegistry);
        _checkOne(configuration, "PythiaRegistry", registry);
    }

    function _checkOne(EnclaveConfiguration.Read memory configuration, string memory name, address expected)
        private
        view
    {
        EnclaveConfiguration.Contract memory found = configuration.find(keccak256(bytes(name)));
        if (found.account != expected || found.codeHash != expected.codehash) {
            revert ConfigurationForeign(found.account, found.codeHash);
        }
    }

    // ---- Accounts and slots

    function _checkCount(uint256 found, uint256 expected) private pure {
        if (found != expected) revert ProofCountMismatch(found, expected);
    }

    /// @dev Slot of `mapping[key]` (Solidity, "Layout of State Variables in Storage").
    function _entry(bytes32 key, uint256 mapping_) private pure returns (bytes32) {
        return keccak256(abi.encode(key, mapping_));
    }

    /// @dev The storage root of an account, that of an empty trie where there is no account: Yellow Paper 4.1,
    /// RLP [nonce, balance, storage root, code hash].
    function _storageRoot(
        bytes32 stateRoot,
        address account,
        AccountProof[] calldata proofs,
        uint256 index,
        uint256 slots
    ) private pure returns (bytes32 root) {
        if (index >= proofs.length) revert ProofCountMismatch(proofs.length, index + 1);
        _checkCount(proofs[index].slots.length, slots);
        (bool included, bytes calldata value) =
            TrieWalk.find(stateRoot, keccak256(abi.encodePacked(account)), proofs[index].account);
        if (!included) return TrieWalk.EMPTY_ROOT;

        (bool ok, uint256 pos) = Rlp.wholeList(value, 0, value.length);
        if (ok) (ok,, pos) = Rlp.scalar(value, pos, value.length);
        if (ok) (ok,, pos) = Rlp.scalar(value, pos, value.length);
        if (ok) (ok, root, pos) = Rlp.hash(value, pos, value.length);
        if (ok) (ok,, pos) = Rlp.hash(value, pos, value.length);
        if (!ok || pos != value.length) revert ProofValueMalformed();
    }

    /// @dev The word of a slot, zero for one that is absent: RLP of a number. A leaf of 0x80 is zero too (anvil keeps zeroed slots).
    function _word(bytes32 root, bytes32 slot, bytes[] calldata nodes) private pure returns (uint256 word) {
        (bool included, bytes calldata value) = TrieWalk.find(root, keccak256(abi.encodePacked(slot)), nodes);
        if (!included) return 0;

        bool ok;
        uint256 end;
        (ok, word, end) = Rlp.scalar(value, 0, value.length);
        if (!ok || end != value.length) revert ProofValueMalformed();
    }
}
