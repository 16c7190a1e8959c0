// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../../src/interfaces/IConsentRegistry.sol";
import {IDeviceRegistry} from "../../src/interfaces/IDeviceRegistry.sol";
import {IRelay} from "../../src/interfaces/IRelay.sol";
import {ISignedActs} from "../../src/interfaces/ISignedActs.sol";
import {ConsentRegistry, DeviceRegistry, INonces, PolicyRegistry} from "./Deployed.sol";
import {Vm} from "./Vm.sol";

/// @dev Four fresh contracts, people with keys, and devices with keys. All digests are computed here from the words
/// of the specification, not with the contracts' code.
abstract contract PythiaTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
    uint256 internal constant SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    uint256 internal constant MAKER_KEY = 0xA11;
    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    uint256 internal constant SERVICE_KEY = 0x5E41CE;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    uint256 internal constant DEVICE_KEY = 0xDE71CE;
    uint256 internal constant QR_KEY = 0x4242;

    bytes32 internal constant MODEL = "lamp-1";
    bytes32 internal constant READ = keccak256("telemetry:read");
    bytes32 internal constant OPEN = keccak256("lock:open");
    uint64 internal constant NOW = 1_800_000_000;
    uint64 internal constant LATER = NOW + 1 hours;
    uint40 internal constant NEVER = type(uint40).max;

    DeviceRegistry internal devices;
    PolicyRegistry internal policies;
    ConsentRegistry internal consents;
    IRelay internal relay;

    address internal maker = vm.addr(MAKER_KEY);
    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);
    address internal service = vm.addr(SERVICE_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);

    function setUp() public virtual {
        vm.warp(NOW);
        devices = DeviceRegistry(deploy("DeviceRegistry", ""));
        policies = PolicyRegistry(deploy("PolicyRegistry", ""));
        consents = ConsentRegistry(deploy("ConsentRegistry", abi.encode(devices, policies)));
        relay = IRelay(deploy("Relay", ""));
    }

    function deploy(string memory name, bytes memory arguments) internal returns (address deployed) {
        string memory artifact = vm.readFile(string.concat("out/", name, ".json"));
        bytes memory code = bytes.concat(vm.parseJsonBytes(artifact, ".bytecode"), arguments);
        assembly {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(deployed != address(0), name);
    }

    // ---- Devices

    function deviceIdOf(address manufacturer, uint256 deviceKey) internal pure returns (bytes32) {
        (uint256 x, uint256 y) = vm.publicKeyP256(deviceKey);
        return keccak256(abi.encodePacked(manufacturer, x, y));
    }

    function leafOf(bytes32 deviceId, address claimKey) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encode(deviceId, claimKey, MODEL))));
    }

    /// @dev A batch of two: the device that is asked for, and another leaf.
    function registerBatchWith(uint256 deviceKey) internal returns (bytes32 root, bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = keccak256("another leaf");
        root = pairHash(leafOf(deviceIdOf(maker, deviceKey), vm.addr(QR_KEY)), proof[0]);
        (uint32 count,) = devices.batch(maker, root);
        if (count == 0) {
            vm.prank(maker);
            devices.registerBatch(root, 2, "https://example.org/batch");
        }
    }

    function pairHash(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function statementDigest(string memory kind, bytes32 deviceId, bytes memory fields)
        internal
        view
        returns (bytes32)
    {
        return sha256(bytes.concat(bytes(kind), bytes32(block.chainid), bytes20(address(devices)), deviceId, fields));
    }

    /// @dev True evidence of a claim by `claimer` of a device in a registered batch.
    function evidenceFor(address claimer, uint256 deviceKey) internal returns (IDeviceRegistry.Claim memory evidence) {
        bytes32 deviceId = deviceIdOf(maker, deviceKey);
        (evidence.root, evidence.proof) = registerBatchWith(deviceKey);
        (uint256 x, uint256 y) = vm.publicKeyP256(deviceKey);
        evidence.manufacturer = maker;
        (evidence.keyX, evidence.keyY) = (bytes32(x), bytes32(y));
        evidence.claimKey = vm.addr(QR_KEY);
        evidence.modelId = MODEL;
        evidence.claimKeySignature = claimKeySignature(QR_KEY, deviceId, claimer);
        (evidence.deviceR, evidence.deviceS) =
            vm.signP256(deviceKey, statementDigest("pythia/claim/1", deviceId, abi.encodePacked(claimer)));
    }

    function claimKeySignature(uint256 key, bytes32 deviceId, address claimer) internal view returns (bytes memory) {
        bytes32 typeHash = keccak256("ClaimKey(bytes32 deviceId,address claimer)");
        return signDigest(key, typedDigest(address(devices), keccak256(abi.encode(typeHash, deviceId, claimer))));
    }

    function claimed(address owner, uint256 deviceKey) internal returns (bytes32 deviceId) {
        IDeviceRegistry.Claim memory evidence = evidenceFor(owner, deviceKey);
        vm.prank(owner);
        devices.claim(evidence);
        return deviceIdOf(maker, deviceKey);
    }

    /// @dev From here on 0x100 answers nothing, as on a chain before EIP-7951.
    function withoutPrecompile() internal {
        vm.mockCall(address(0x100), "", "");
    }

    // ---- Signed acts

    function nameOf(address target) internal view returns (string memory) {
        if (target == address(devices)) return "Pythia DeviceRegistry";
        if (target == address(consents)) return "Pythia ConsentRegistry";
        return "Pythia PolicyRegistry";
    }

    function typedDigest(address target, bytes32 structHash) internal view returns (bytes32) {
        return typedDigest(target, nameOf(target), block.chainid, structHash);
    }

    function typedDigest(address target, string memory name, uint256 chain, bytes32 structHash)
        internal
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), chain, target));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function signDigest(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Signs a struct given as its type and its encoded fields without the last three.
    function authFor(uint256 key, address target, string memory structType, bytes memory fields)
        internal
        view
        returns (ISignedActs.Auth memory auth)
    {
        return authFor(key, vm.addr(key), 0, LATER, target, structType, fields);
    }

    function authFor(
        uint256 key,
        address signer,
        uint192 nonceKey,
        uint64 deadline,
        address target,
        string memory structType,
        bytes memory fields
    ) internal view returns (ISignedActs.Auth memory auth) {
        uint256 nonce = INonces(target).nonces(signer, nonceKey);
        bytes32 digest = digestOf(target, structType, fields, signer, nonce, deadline);
        return ISignedActs.Auth(signer, nonce, deadline, signDigest(key, digest));
    }

    function digestOf(
        address target,
        string memory structType,
        bytes memory fields,
        address signer,
        uint256 nonce,
        uint64 deadline
    ) internal view returns (bytes32) {
        string memory whole = string.concat(structType, "address signer,uint256 nonce,uint64 deadline)");
        bytes memory tail = abi.encode(signer, nonce, deadline);
        return typedDigest(target, keccak256(bytes.concat(keccak256(bytes(whole)), fields, tail)));
    }

    // ---- Consents

    function commandTerms(bytes32 deviceId, address grantee) internal pure returns (IConsentRegistry.Terms memory) {
        return IConsentRegistry.Terms(deviceId, grantee, OPEN, 2, uint40(NOW), uint40(LATER), 0, 0);
    }

    function dataTerms(bytes32 deviceId, address grantee, uint96 bond)
        internal
        returns (IConsentRegistry.Terms memory)
    {
        bytes32 policyId = keccak256("{}");
        if (policies.policy(policyId).status == 0) policies.publish("{}");
        return IConsentRegistry.Terms(deviceId, grantee, READ, 1, uint40(NOW), NEVER, bond, policyId);
    }

    function grant(address owner, IConsentRegistry.Terms memory terms) internal returns (bytes32 consentId) {
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(terms.deviceId);
        vm.prank(owner);
        consents.grant(terms, epochs);
        return consents.consentId(terms.deviceId, epochs.deviceEpoch, terms.grantee, terms.scope);
    }

    function grantRefused(address owner, IConsentRegistry.Terms memory terms, bytes memory reason) internal {
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(terms.deviceId);
        vm.expectRevert(reason);
        vm.prank(owner);
        consents.grant(terms, epochs);
    }

    function keyOf(IConsentRegistry.Terms memory terms) internal view returns (IConsentRegistry.ConsentKey memory) {
        uint40 epoch = devices.device(terms.deviceId).epoch;
        return IConsentRegistry.ConsentKey(terms.deviceId, epoch, terms.grantee, terms.scope);
    }

    function acceptAs(address grantee, IConsentRegistry.Terms memory terms) internal {
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        bytes32 hash = consents.termsHash(consents.consentId(key.deviceId, key.deviceEpoch, key.grantee, key.scope));
        vm.prank(grantee);
        consents.accept(key, hash);
    }

    string internal constant GRANT_TYPE =
        "Grant(bytes32 deviceId,address grantee,bytes32 scope,uint8 kind,uint40 notBefore,uint40 notAfter,uint96 bond,bytes32 policy,uint64 grantEpoch,uint40 deviceEpoch,uint32 ownerEpoch,";

    function grantAuth(uint256 key, IConsentRegistry.Terms memory terms, IConsentRegistry.Epochs memory epochs)
        internal
        view
        returns (ISignedActs.Auth memory)
    {
        return authFor(key, address(consents), GRANT_TYPE, bytes.concat(abi.encode(terms), abi.encode(epochs)));
    }

    // ---- Assertions

    function assertTrue(bool condition, string memory what) internal pure {
        require(condition, string.concat("false: ", what));
    }

    function assertEq(uint256 found, uint256 expected, string memory what) internal pure {
        require(found == expected, AssertionFailed(what, found, expected));
    }

    function assertEq(address found, address expected, string memory what) internal pure {
        assertEq(uint160(found), uint160(expected), what);
    }

    function assertEq(bytes32 found, bytes32 expected, string memory what) internal pure {
        assertEq(uint256(found), uint256(expected), what);
    }

    error AssertionFailed(string what, uint256 found, uint256 expected);

    /// @dev The last outcome that a registry reported in the recorded logs: carried out, or failed with this reason.
    function expectOutcome(bool success, bytes memory reason) internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = logs.length; i > 0; --i) {
            Vm.Log memory log = logs[i - 1];
            if (log.topics[0] == ISignedActs.IntentCarriedOut.selector) {
                return assertTrue(success, "carried out, expected a failure");
            }
            if (log.topics[0] == ISignedActs.IntentFailed.selector) {
                assertTrue(!success, "failed, expected to be carried out");
                bytes memory found = abi.decode(log.data, (bytes));
                return assertEq(keccak256(found), keccak256(reason), "hash of the reason");
            }
        }
        revert("no outcome event");
    }
}
