// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../../src/interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "../../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./Answers.sol";
import {PythiaRegistry} from "./Deployed.sol";
import {PythiaTest} from "./PythiaTest.sol";

/// @dev A registry with five endorsers, of whom three are needed; a measurement and a configuration at place 1.
abstract contract EndorsersTest is PythiaTest {
    string internal constant ENDORSE_MEASUREMENT =
        "EndorseMeasurement(bytes32 measurement,uint32 index,uint64 deadline)";
    string internal constant WITHDRAW_MEASUREMENT =
        "WithdrawMeasurement(bytes32 measurement,uint32 index,uint64 deadline)";
    string internal constant ENDORSE_CONFIGURATION =
        "EndorseConfiguration(bytes32 configuration,uint32 index,uint64 deadline)";
    string internal constant WITHDRAW_CONFIGURATION =
        "WithdrawConfiguration(bytes32 configuration,uint32 index,uint64 deadline)";
    string internal constant REGISTER_KEY =
        "RegisterKey(bytes32 x,bytes32 y,bytes32 agreementKeyHash,bytes32 measurement,bytes32 configuration,bytes16 operator,uint40 notAfter,bytes32 evidence,uint64 deadline)";
    string internal constant REVOKE_KEY = "RevokeKey(bytes32 keyId,uint64 deadline)";
    string internal constant CHANGE_ENDORSERS =
        "ChangeEndorsers(address[] endorsers,uint8 threshold,uint32 version,uint64 deadline)";

    bytes32 internal constant MEASUREMENT = keccak256("measurement");
    uint256 internal constant ENCLAVE_KEY = 0xE4C1A7E;
    uint40 internal constant KEY_END = uint40(NOW) + 30 days;
    uint8 internal constant THRESHOLD = 3;

    PythiaRegistry internal registry;
    IProvenFacts internal facts;
    uint256[] internal endorserKeys;
    /// @dev Of an enclave that reads these contracts, and its SHA-256.
    bytes internal preimage;
    bytes32 internal configurationHash;

    function setUp() public virtual override {
        super.setUp();
        endorserKeys = ascendingKeys(100, 5);
        facts = IProvenFacts(deploy("ProvenFacts", abi.encode(devices, consents, policies)));
        registry = deployRegistry(addressesOf(endorserKeys), THRESHOLD);
        preimage = configurationOf(block.chainid, address(registry));
        configurationHash = sha256(preimage);
        endorseMeasurement(MEASUREMENT, 1);
        endorseConfiguration(configurationHash, 1);
    }

    function deployRegistry(address[] memory members, uint8 threshold) internal returns (PythiaRegistry) {
        return PythiaRegistry(deploy("PythiaRegistry", abi.encode(members, threshold, facts)));
    }

    /// @dev ["pythia/config/1", chain id, genesis hash, contracts by name, [level]]
    function configurationOf(uint256 chainId, address pythiaRegistry) internal view returns (bytes memory) {
        return bytes.concat(
            bytes.concat(
                hex"856f", "pythia/config/1", Answers.number(chainId), hex"5820", keccak256("genesis"), hex"84"
            ),
            contractOf("ConsentRegistry", address(consents)),
            contractOf("DeviceRegistry", address(devices)),
            contractOf("PolicyRegistry", address(policies)),
            contractOf("PythiaRegistry", pythiaRegistry),
            hex"8100"
        );
    }

    /// @dev [name, address, code hash]; the name has less than 24 bytes.
    function contractOf(string memory name, address at_) internal view returns (bytes memory) {
        bytes1 head = bytes1(uint8(0x60 + bytes(name).length));
        return bytes.concat(hex"83", head, bytes(name), hex"54", bytes20(at_), hex"5820", at_.codehash);
    }

    /// @dev Keys whose addresses ascend.
    function ascendingKeys(uint256 first, uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = first + i;
            uint256 place = i;
            for (; place > 0 && vm.addr(keys[place - 1]) > vm.addr(key); --place) {
                keys[place] = keys[place - 1];
            }
            keys[place] = key;
        }
    }

    function addressesOf(uint256[] memory keys) internal pure returns (address[] memory members) {
        members = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            members[i] = vm.addr(keys[i]);
        }
    }

    // ---- Endorsements

    function digestOf(string memory structType, bytes memory fields) internal view returns (bytes32) {
        bytes32 structHash = keccak256(bytes.concat(keccak256(bytes(structType)), fields));
        return typedDigest(address(registry), "Pythia PythiaRegistry", block.chainid, structHash);
    }

    /// @dev Signed by the first three endorsers.
    function endorsed(string memory structType, bytes memory fields) internal view returns (bytes memory) {
        return endorsedBy(structType, fields, [0, 1, 2]);
    }

    function endorsedBy(string memory structType, bytes memory fields, uint8[3] memory who)
        internal
        view
        returns (bytes memory endorsements)
    {
        bytes32 digest = digestOf(structType, fields);
        for (uint256 i = 0; i < 3; ++i) {
            endorsements = bytes.concat(endorsements, endorsement(who[i], signDigest(endorserKeys[who[i] % 5], digest)));
        }
    }

    function endorsement(uint8 who, bytes memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(who, uint16(signature.length), signature);
    }

    function endorseMeasurement(bytes32 measurement, uint32 index) internal {
        bytes memory fields = abi.encode(measurement, index, LATER);
        registry.endorseMeasurement(measurement, index, LATER, endorsed(ENDORSE_MEASUREMENT, fields));
    }

    function endorseConfiguration(bytes32 configuration, uint32 index) internal {
        bytes memory fields = abi.encode(configuration, index, LATER);
        registry.endorseConfiguration(configuration, index, LATER, endorsed(ENDORSE_CONFIGURATION, fields));
    }

    function withdrawMeasurement(bytes32 measurement, uint32 index) internal {
        bytes memory fields = abi.encode(measurement, index, LATER);
        registry.withdrawMeasurement(index, LATER, endorsed(WITHDRAW_MEASUREMENT, fields));
    }

    function withdrawConfiguration(bytes32 configuration, uint32 index) internal {
        bytes memory fields = abi.encode(configuration, index, LATER);
        registry.withdrawConfiguration(index, LATER, endorsed(WITHDRAW_CONFIGURATION, fields));
    }

    // ---- Keys

    function keyIdOf(uint256 enclaveKey) internal pure returns (bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(enclaveKey);
        return sha256(abi.encodePacked(x, y));
    }

    function registrationOf(uint256 enclaveKey) internal pure returns (IPythiaRegistry.Registration memory r) {
        (uint256 x, uint256 y) = vm.publicKeyP256(enclaveKey);
        (r.x, r.y) = (bytes32(x), bytes32(y));
        r.agreementKeyHash = keccak256("agreement key");
        (r.measurement, r.configuration) = (1, 1);
        r.operator = bytes16(sha256("operator one"));
        r.notAfter = KEY_END;
        r.evidence = sha256("evidence");
    }

    /// @dev The fields that endorsers sign, with the values that they believe to stand at the places.
    function fieldsOf(IPythiaRegistry.Registration memory r, bytes32 measurement, bytes32 configuration)
        internal
        pure
        returns (bytes memory)
    {
        return bytes.concat(
            abi.encode(r.x, r.y, r.agreementKeyHash, measurement, configuration),
            abi.encode(r.operator, r.notAfter, r.evidence, LATER)
        );
    }

    function register(uint256 enclaveKey) internal returns (bytes32 keyId) {
        IPythiaRegistry.Registration memory r = registrationOf(enclaveKey);
        keyId = keyIdOf(enclaveKey);
        registry.registerKey(r, LATER, endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash)));
    }

    function revoke(bytes32 keyId) internal {
        registry.revokeKey(keyId, LATER, endorsed(REVOKE_KEY, abi.encode(keyId, LATER)));
    }
}
