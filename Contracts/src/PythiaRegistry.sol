// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IProvenFacts} from "./interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "./interfaces/IPythiaRegistry.sol";
import {DeviceStatement} from "./libraries/DeviceStatement.sol";
import {EndorserSet} from "./libraries/EndorserSet.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";
import {SignedAnswer} from "./libraries/SignedAnswer.sol";

/// @title PythiaRegistry
/// @notice See {IPythiaRegistry}.
/// @dev A verifier proves three words, so their layout is part of the interface:
///  - `_keys[keyId]`: status (low 8 bits) | notAfter (next 40) | measurement (next 32) | configuration (next 32) | operator (next 128);
///  - `_measurements[index]` and `_configurations[index]`: the value itself, zero once withdrawn.
/// So a key takes one slot, which is most of what its registration costs, and the end of a measurement ends all its keys.
contract PythiaRegistry is IPythiaRegistry, EIP712 {
    /// @dev One slot. @param set account whose code is the {EndorserSet}.
    struct Heads {
        address set;
        uint32 version;
        uint32 measurements;
        uint32 configurations;
    }

    /// @notice A key's date is at most this far away: it must be looked at again.
    uint40 public constant MAX_KEY_LIFETIME = 90 days;

    uint8 private constant ACTIVE = 1;
    uint8 private constant REVOKED = 2;
    uint8 private constant FAULTED = 3;
    uint8 private constant WITHDRAWN = 4;
    uint8 private constant EXPIRED = 5;
    uint64 private constant FINALIZED = 3;

    /// @dev Before each signature: endorser 1 ‖ length 2.
    uint256 private constant ENDORSEMENT_HEAD_BYTES = 3;

    string private constant REVOKE_OWN_KEY = "pythia/revoke-key/1";

    bytes32 private constant ENDORSE_MEASUREMENT_TYPEHASH =
        keccak256("EndorseMeasurement(bytes32 measurement,uint32 index,uint64 deadline)");
    bytes32 private constant WITHDRAW_MEASUREMENT_TYPEHASH =
        keccak256("WithdrawMeasurement(bytes32 measurement,uint32 index,uint64 deadline)");
    bytes32 private constant ENDORSE_CONFIGURATION_TYPEHASH =
        keccak256("EndorseConfiguration(bytes32 configuration,uint32 index,uint64 deadline)");
    bytes32 private constant WITHDRAW_CONFIGURATION_TYPEHASH =
        keccak256("WithdrawConfiguration(bytes32 configuration,uint32 index,uint64 deadline)");
    bytes32 private constant CHANGE_ENDORSERS_TYPEHASH =
        keccak256("ChangeEndorsers(address[] endorsers,uint8 threshold,uint32 version,uint64 deadline)");
    bytes32 private constant REGISTER_KEY_TYPEHASH = keccak256(
        "RegisterKey(bytes32 x,bytes32 y,bytes32 agreementKeyHash,bytes32 measurement,bytes32 configuration,bytes16 operator,uint40 notAfter,bytes32 evidence,uint64 deadline)"
    );
    bytes32 private constant REVOKE_KEY_TYPEHASH = keccak256("RevokeKey(bytes32 keyId,uint64 deadline)");

    /// @inheritdoc IPythiaRegistry
    IProvenFacts public immutable facts;

    Heads private _heads;
    mapping(bytes32 keyId => EnclaveKey) private _keys;
    mapping(uint32 index => bytes32) private _measurements;
    mapping(uint32 index => bytes32) private _configurations;
    mapping(bytes32 measurement => uint32) private _measurementIndexes;
    mapping(bytes32 configuration => uint32) private _configurationIndexes;

    /// @param endorsers_ ascending. @param threshold how many of them an act needs. @param facts_ of the same deployment.
    constructor(address[] memory endorsers_, uint8 threshold, IProvenFacts facts_)
        EIP712("Pythia PythiaRegistry", "1")
    {
        facts = facts_;
        _setEndorsers(endorsers_, threshold, 1);
    }

    // ---- Endorsers

    /// @inheritdoc IPythiaRegistry
    function endorseMeasurement(bytes32 measurement, uint32 index, uint64 deadline, bytes calldata endorsements)
        external
    {
        _checkEndorsed(_hash(ENDORSE_MEASUREMENT_TYPEHASH, measurement, index, deadline), deadline, endorsements);
        uint32 last = _heads.measurements;
        if (measurement == 0 || _measurementIndexes[measurement] != 0 || index != last + 1) {
            revert MeasurementRefused(index, measurement);
        }

        _heads.measurements = index;
        _measurements[index] = measurement;
        _measurementIndexes[measurement] = index;
        emit MeasurementEndorsed(index, measurement);
    }

    /// @inheritdoc IPythiaRegistry
    function withdrawMeasurement(uint32 index, uint64 deadline, bytes calldata endorsements) external {
        bytes32 measurement = _measurements[index];
        if (measurement == 0) revert MeasurementRefused(index, 0);
        _checkEndorsed(_hash(WITHDRAW_MEASUREMENT_TYPEHASH, measurement, index, deadline), deadline, endorsements);

        _measurements[index] = 0;
        _measurementIndexes[measurement] = 0;
        emit MeasurementWithdrawn(index, measurement);
    }

    /// @inheritdoc IPythiaRegistry
    function endorseConfiguration(bytes32 configuration, uint32 index, uint64 deadline, bytes calldata endorsements)
        external
    {
        _checkEndorsed(_hash(ENDORSE_CONFIGURATION_TYPEHASH, configuration, index, deadline), deadline, endorsements);
        uint32 last = _heads.configurations;
        if (configuration == 0 || _configurationIndexes[configuration] != 0 || index != last + 1) {
            revert ConfigurationRefused(index, configuration);
        }

        _heads.configurations = index;
        _configurations[index] = configuration;
        _configurationIndexes[configuration] = index;
        emit ConfigurationEndorsed(index, configuration);
    }

    /// @inheritdoc IPythiaRegistry
    function withdrawConfiguration(uint32 index, uint64 deadline, bytes calldata endorsements) external {
        bytes32 configuration = _configurations[index];
        if (configuration == 0) revert ConfigurationRefused(index, 0);
        _checkEndorsed(_hash(WITHDRAW_CONFIGURATION_TYPEHASH, configuration, index, deadline), deadline, endorsements);

        _configurations[index] = 0;
        _configurationIndexes[configuration] = 0;
        emit ConfigurationWithdrawn(index, configuration);
    }

    /// @inheritdoc IPythiaRegistry
    function changeEndorsers(
        address[] calldata endorsers_,
        uint8 threshold,
        uint64 deadline,
        bytes calldata endorsements
    ) external {
        uint32 version = _heads.version;
        // Elements of a value array are padded to 32 bytes (EIP-712, encodeData).
        bytes32 list = keccak256(abi.encodePacked(endorsers_));
        bytes32 structHash = keccak256(abi.encode(CHANGE_ENDORSERS_TYPEHASH, list, threshold, version, deadline));
        _checkEndorsed(structHash, deadline, endorsements);
        _setEndorsers(endorsers_, threshold, version + 1);
    }

    // ---- Keys

    /// @inheritdoc IPythiaRegistry
    function registerKey(Registration calldata registration, uint64 deadline, bytes calldata endorsements) external {
        _checkEndorsed(_hashOf(registration, deadline), deadline, endorsements);
        bytes32 keyId = _keyId(registration.x, registration.y);
        EnclaveKey storage found = _keys[keyId];
        if (found.status != 0) revert KeyStatusRefused(keyId, found.status);
        uint40 notAfter = registration.notAfter;
        if (notAfter <= block.timestamp || notAfter > block.timestamp + MAX_KEY_LIFETIME) {
            revert KeyExpiryRefused(keyId, notAfter);
        }

        _keys[keyId] = EnclaveKey({
            status: ACTIVE,
            notAfter: notAfter,
            measurement: registration.measurement,
            configuration: registration.configuration,
            operator: registration.operator
        });
        emit KeyRegistered(keyId, registration);
    }

    /// @inheritdoc IPythiaRegistry
    function revokeKey(bytes32 keyId, uint64 deadline, bytes calldata endorsements) external {
        bytes32 structHash = keccak256(abi.encode(REVOKE_KEY_TYPEHASH, keyId, deadline));
        _checkEndorsed(structHash, deadline, endorsements);
        EnclaveKey storage found = _keys[keyId];
        if (found.status > ACTIVE) revert KeyStatusRefused(keyId, found.status);

        found.status = REVOKED;
        emit KeyRevoked(keyId, false);
    }

    /// @inheritdoc IPythiaRegistry
    function revokeOwnKey(bytes32 x, bytes32 y, bytes32 r, bytes32 s) external {
        bytes32 keyId = _keyId(x, y);
        EnclaveKey storage found = _keys[keyId];
        if (found.status != ACTIVE) revert KeyStatusRefused(keyId, found.status);
        bytes32 digest = DeviceStatement.digest(REVOKE_OWN_KEY, keyId, "");
        if (!DeviceStatement.isSigned(digest, r, s, x, y)) revert KeyStatementInvalid(keyId);

        found.status = REVOKED;
        emit KeyRevoked(keyId, true);
    }

    // ---- Fault proofs

    /// @inheritdoc IPythiaRegistry
    function proveContradiction(bytes32 x, bytes32 y, Statement calldata first, Statement calldata second) external {
        (bytes32 keyId, bytes32 configuration) = _registered(x, y);
        SignedAnswer.Said memory a = _said(keyId, configuration, x, y, first);
        SignedAnswer.Said memory b = _said(keyId, configuration, x, y, second);
        if (a.blockHash != b.blockHash) revert FaultNotProven();

        if (a.number != b.number || a.time != b.time) return _fault(keyId, Fault.Block, a.blockHash);

        if (a.device != b.device || a.fact != b.fact || a.result == b.result) revert FaultNotProven();
        _fault(keyId, Fault.Contradiction, a.blockHash);
    }

    /// @inheritdoc IPythiaRegistry
    function proveNotCanonical(bytes32 x, bytes32 y, Statement calldata statement, bytes calldata configuration)
        external
    {
        (bytes32 keyId, bytes32 registered) = _registered(x, y);
        SignedAnswer.Said memory said = _said(keyId, registered, x, y, statement);
        _checkConfiguration(configuration, registered);
        bytes32 canonical = Blockhash.blockHash(said.number);
        if (canonical == 0) revert BlockUnknown(said.number);
        if (said.level != FINALIZED || said.blockHash == canonical) revert FaultNotProven();

        _fault(keyId, Fault.NotCanonical, said.blockHash);
    }

    /// @inheritdoc IPythiaRegistry
    function proveAgainstStorage(bytes32 x, bytes32 y, Statement calldata statement, StorageProof calldata proof)
        external
    {
        (bytes32 keyId, bytes32 registered) = _registered(x, y);
        SignedAnswer.Said memory said = _said(keyId, registered, x, y, statement);
        IProvenFacts.BlockFacts memory named = facts.blockOf(proof.header);
        if (named.hash != said.blockHash) revert HeaderMismatch(named.hash, said.blockHash);
        if (named.number != said.number || named.time != said.time) return _fault(keyId, Fault.Block, said.blockHash);

        _checkConfiguration(proof.configuration, registered);
        bytes memory result = facts.resultOf(
            proof.configuration,
            address(this),
            proof.header,
            said.device,
            statement.question[said.factStart:said.factEnd],
            proof.accounts
        );
        if (keccak256(result) == said.result) revert FaultNotProven();
        _fault(keyId, Fault.Storage, said.blockHash);
    }

    // ---- Views

    /// @inheritdoc IPythiaRegistry
    function key(bytes32 keyId) external view returns (EnclaveKey memory) {
        return _keys[keyId];
    }

    /// @inheritdoc IPythiaRegistry
    function statusOf(bytes32 keyId) external view returns (uint8) {
        EnclaveKey memory found = _keys[keyId];
        if (found.status != ACTIVE) return found.status;
        if (_measurements[found.measurement] == 0 || _configurations[found.configuration] == 0) return WITHDRAWN;
        return block.timestamp > found.notAfter ? EXPIRED : ACTIVE;
    }

    /// @inheritdoc IPythiaRegistry
    function measurementAt(uint32 index) external view returns (bytes32) {
        return _measurements[index];
    }

    /// @inheritdoc IPythiaRegistry
    function configurationAt(uint32 index) external view returns (bytes32) {
        return _configurations[index];
    }

    /// @inheritdoc IPythiaRegistry
    function indexOfMeasurement(bytes32 measurement) external view returns (uint32) {
        return _measurementIndexes[measurement];
    }

    /// @inheritdoc IPythiaRegistry
    function indexOfConfiguration(bytes32 configuration) external view returns (uint32) {
        return _configurationIndexes[configuration];
    }

    /// @inheritdoc IPythiaRegistry
    function counts() external view returns (uint32 measurements, uint32 configurations) {
        return (_heads.measurements, _heads.configurations);
    }

    /// @inheritdoc IPythiaRegistry
    function endorsers() external view returns (address[] memory endorsers_, uint8 threshold, uint32 version) {
        bytes memory set = EndorserSet.load(_heads.set);
        endorsers_ = new address[](EndorserSet.count(set));
        for (uint256 i = 0; i < endorsers_.length; ++i) {
            endorsers_[i] = EndorserSet.member(set, i);
        }
        return (endorsers_, uint8(EndorserSet.threshold(set)), _heads.version);
    }

    // ---- Within

    /// @dev Reverts unless enough different endorsers signed this struct, and it is not too late.
    function _checkEndorsed(bytes32 structHash, uint64 deadline, bytes calldata endorsements) private view {
        if (block.timestamp > deadline) revert EndorsementExpired(block.timestamp, deadline);

        bytes memory set = EndorserSet.load(_heads.set);
        bytes32 digest = _hashTypedDataV4(structHash);
        uint256 next = 0;
        uint256 found = 0;
        for (uint256 pos = 0; pos < endorsements.length; ++found) {
            uint256 start = pos + ENDORSEMENT_HEAD_BYTES;
            if (start > endorsements.length) revert EndorsementsMalformed(pos);
            uint256 index = uint8(endorsements[pos]);
            uint256 end = start + uint16(bytes2(endorsements[pos + 1:start]));
            if (end > endorsements.length) revert EndorsementsMalformed(pos);
            if (index < next || index >= EndorserSet.count(set)) revert EndorserOutOfOrder(index);

            address endorser = EndorserSet.member(set, index);
            if (!SignatureCheck.isSignedBy(endorser, digest, endorsements[start:end])) {
                revert EndorsementInvalid(endorser, digest);
            }
            (next, pos) = (index + 1, end);
        }

        uint256 threshold = EndorserSet.threshold(set);
        if (found < threshold) revert EndorsementsTooFew(found, threshold);
    }

    function _setEndorsers(address[] memory endorsers_, uint8 threshold, uint32 version) private {
        if (!EndorserSet.isValid(endorsers_, threshold)) revert EndorserSetInvalid();

        _heads.set = EndorserSet.store(endorsers_, threshold);
        _heads.version = version;
        emit EndorsersChanged(version, endorsers_, threshold);
    }

    /// @dev The struct that endorsers of a key sign: with the values that stand at the places given.
    function _hashOf(Registration calldata registration, uint64 deadline) private view returns (bytes32) {
        bytes32 measurement = _measurements[registration.measurement];
        if (measurement == 0) revert MeasurementRefused(registration.measurement, 0);
        bytes32 configuration = _configurations[registration.configuration];
        if (configuration == 0) revert ConfigurationRefused(registration.configuration, 0);
        return keccak256(
            abi.encode(
                REGISTER_KEY_TYPEHASH,
                registration.x,
                registration.y,
                registration.agreementKeyHash,
                measurement,
                configuration,
                registration.operator,
                registration.notAfter,
                registration.evidence,
                deadline
            )
        );
    }

    function _hash(bytes32 typeHash, bytes32 value, uint32 index, uint64 deadline) private pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, value, index, deadline));
    }

    function _keyId(bytes32 x, bytes32 y) private pure returns (bytes32) {
        return sha256(abi.encode(x, y));
    }

    /// @dev A key that a fault can end: registered, not faulted yet, and its answers' configuration is known.
    function _registered(bytes32 x, bytes32 y) private view returns (bytes32 keyId, bytes32 configuration) {
        keyId = _keyId(x, y);
        EnclaveKey storage found = _keys[keyId];
        uint8 status = found.status;
        if (found.measurement == 0 || status == FAULTED) revert KeyStatusRefused(keyId, status);

        uint32 index = found.configuration;
        configuration = _configurations[index];
        if (configuration == 0) revert ConfigurationRefused(index, 0);
    }

    function _said(bytes32 keyId, bytes32 configuration, bytes32 x, bytes32 y, Statement calldata statement)
        private
        view
        returns (SignedAnswer.Said memory said)
    {
        bool signed;
        (signed, said) = SignedAnswer.read(statement, configuration, x, y);
        if (!signed) revert AnswerNotSigned(keyId);
    }

    /// @dev That these are the bytes behind the registered hash, and of this chain: another chain's blocks are not ours to judge.
    function _checkConfiguration(bytes calldata configuration, bytes32 registered) private view {
        bytes32 found = sha256(configuration);
        if (found != registered) revert ConfigurationMismatch(found, registered);
        uint64 chainId = facts.chainIdOf(configuration);
        if (chainId != block.chainid) revert ChainMismatch(chainId, block.chainid);
    }

    function _fault(bytes32 keyId, Fault fault, bytes32 blockHash) private {
        _keys[keyId].status = FAULTED;
        emit KeyFaulted(keyId, fault, blockHash);
    }
}
