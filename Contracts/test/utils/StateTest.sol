// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../../src/interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "../../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./Answers.sol";
import {EndorsersTest} from "./EndorsersTest.sol";
import {Tries} from "./Tries.sol";

/// @dev A block of which every word that matters is known here, its proofs, and a key that says things about it. Slots are computed from
/// the words of the specification, not with the contracts' code.
abstract contract StateTest is EndorsersTest {
    uint64 internal constant NUMBER = 123_456;
    uint64 internal constant TIME = NOW - 12;
    uint40 internal constant EPOCH = 3;

    bytes32 internal constant DEVICE = Answers.DEVICE;
    bytes32 internal constant SCOPE = keccak256("lock:open");
    bytes32 internal constant POLICY = keccak256("policy");
    bytes32 internal constant OTHER_KEY = keccak256("another enclave's key");

    /// @dev Full branches above what is known of the state, and of one contract's storage; a large chain has 8 and 6.
    uint256 internal stateDepth = 2;
    uint256 internal storageDepth = 1;

    bytes32 internal keyId;
    bytes32 internal x;
    bytes32 internal y;
    mapping(address account => Tries.Entry[]) internal words;

    function setUp() public virtual override {
        super.setUp();
        keyId = register(ENCLAVE_KEY);
        (uint256 keyX, uint256 keyY) = vm.publicKeyP256(ENCLAVE_KEY);
        (x, y) = (bytes32(keyX), bytes32(keyY));
    }

    // ---- Words: every slot that a proof is made of is set, to zero where the trie does not hold it

    function put(address account, bytes32 slot, uint256 word) internal {
        put(account, slot, Tries.word(word));
    }

    function put(address account, bytes32 slot, bytes memory value) internal {
        Tries.Entry[] storage entries = words[account];
        bytes32 path = keccak256(abi.encode(slot));
        for (uint256 i = 0; i < entries.length; ++i) {
            if (entries[i].path == path) {
                entries[i].value = value;
                return;
            }
        }
        entries.push(Tries.Entry(path, value));
    }

    function putDevice(uint256 status, address owner) internal {
        put(address(devices), deviceSlot(), deviceWord(status, owner));
    }

    function deviceWord(uint256 status, address owner) internal pure returns (uint256) {
        return uint160(owner) | (status << 160) | (uint256(EPOCH) << 168) | (9 << 208);
    }

    function putConsent(uint256 status, uint256 kind, uint256 notBefore, uint256 notAfter, uint256 grantEpoch)
        internal
    {
        uint256 word =
            status | (kind << 8) | (notBefore << 16) | (notAfter << 56) | (grantEpoch << 96) | (77 << 160);
        put(address(consents), consentSlot(), word);
        put(address(consents), bytes32(uint256(consentSlot()) + 1), uint256(POLICY));
    }

    function putFloor(uint256 floor) internal {
        put(address(consents), floorSlot(), floor == 0 ? 0 : floor | (uint256(1) << 224));
    }

    function putKey(uint256 status, uint256 notAfter, bytes32 measurement, bytes32 configuration) internal {
        uint256 word = status | (notAfter << 8) | (7 << 48) | (8 << 80) | (uint256(uint128(bytes16(POLICY))) << 112);
        put(address(registry), keySlot(), status == 0 ? 0 : word);
        put(address(registry), listSlot(4, 7), uint256(measurement));
        put(address(registry), listSlot(5, 8), uint256(configuration));
    }

    function deviceSlot() internal pure returns (bytes32) {
        return keccak256(abi.encode(DEVICE, 10));
    }

    function consentSlot() internal view returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(DEVICE, uint64(EPOCH), service, SCOPE)), 4));
    }

    function floorSlot() internal view returns (bytes32) {
        return keccak256(abi.encode(service, keccak256(abi.encode(alice, 5))));
    }

    function policySlot() internal pure returns (bytes32) {
        return keccak256(abi.encode(POLICY, 4));
    }

    function keySlot() internal pure returns (bytes32) {
        return keccak256(abi.encode(OTHER_KEY, 3));
    }

    function listSlot(uint256 mapping_, uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, mapping_));
    }

    // ---- Facts, as questions have them

    function ownerOf() internal pure returns (bytes memory) {
        return hex"8101";
    }

    function deviceStatus() internal pure returns (bytes memory) {
        return hex"8102";
    }

    function consent() internal view returns (bytes memory) {
        return bytes.concat(hex"830354", bytes20(service), hex"5820", SCOPE);
    }

    function commandAllowed() internal view returns (bytes memory) {
        return bytes.concat(hex"830454", bytes20(service), hex"5820", SCOPE);
    }

    function policyStatus() internal pure returns (bytes memory) {
        return bytes.concat(hex"82055820", POLICY);
    }

    function pythiaKey() internal pure returns (bytes memory) {
        return bytes.concat(hex"82065820", OTHER_KEY);
    }

    // ---- The block and its proofs

    function accounts() internal view returns (Tries.Entry[] memory entries) {
        address[4] memory ours = [address(devices), address(consents), address(policies), address(registry)];
        entries = new Tries.Entry[](4);
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory account = Tries.account(Tries.root(words[ours[i]], storageDepth), ours[i].codehash);
            entries[i] = Tries.Entry(pathOf(ours[i]), account);
        }
    }

    function pathOf(address account) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(account));
    }

    function header() internal view returns (bytes memory) {
        return headerOf(Tries.root(accounts(), stateDepth), NUMBER, TIME);
    }

    /// @dev With all members of Prague.
    function headerOf(bytes32 stateRoot, uint64 number, uint64 time) internal pure returns (bytes memory) {
        bytes memory hash = bytes.concat(hex"a0", keccak256("some hash"));
        bytes memory first = bytes.concat(hash, hash, hex"94", bytes20(0), hex"a0", stateRoot, hash, hash);
        bytes memory second = bytes.concat(Tries.str(new bytes(256)), hex"80", Tries.number(number), Tries.number(60e6));
        bytes memory third = bytes.concat(Tries.number(1e6), Tries.number(time), hex"80", hash, Tries.str(new bytes(8)));
        return Tries.list(bytes.concat(first, second, third, Tries.number(7e9), hash, hex"8080", hash, hash));
    }

    function proofOf(address account, bytes32[] memory slots)
        internal
        view
        returns (IProvenFacts.AccountProof memory proof)
    {
        proof.account = Tries.prove(accounts(), pathOf(account), stateDepth);
        proof.slots = new bytes[][](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            proof.slots[i] = Tries.prove(words[account], keccak256(abi.encode(slots[i])), storageDepth);
        }
    }

    function deviceProof() internal view returns (IProvenFacts.AccountProof[] memory proofs) {
        proofs = new IProvenFacts.AccountProof[](1);
        proofs[0] = proofOf(address(devices), one(deviceSlot()));
    }

    function consentProof() internal view returns (IProvenFacts.AccountProof[] memory proofs) {
        return withDevice(three(consentSlot(), bytes32(uint256(consentSlot()) + 1), floorSlot()));
    }

    function commandProof() internal view returns (IProvenFacts.AccountProof[] memory proofs) {
        bytes32[] memory slots = new bytes32[](2);
        (slots[0], slots[1]) = (consentSlot(), floorSlot());
        return withDevice(slots);
    }

    function policyProof() internal view returns (IProvenFacts.AccountProof[] memory proofs) {
        proofs = new IProvenFacts.AccountProof[](1);
        proofs[0] = proofOf(address(policies), one(policySlot()));
    }

    function keyProof(bool isKnown) internal view returns (IProvenFacts.AccountProof[] memory proofs) {
        proofs = new IProvenFacts.AccountProof[](1);
        bytes32[] memory slots = isKnown ? three(keySlot(), listSlot(4, 7), listSlot(5, 8)) : one(keySlot());
        proofs[0] = proofOf(address(registry), slots);
    }

    function withDevice(bytes32[] memory slots) private view returns (IProvenFacts.AccountProof[] memory proofs) {
        proofs = new IProvenFacts.AccountProof[](2);
        proofs[0] = proofOf(address(devices), one(deviceSlot()));
        proofs[1] = proofOf(address(consents), slots);
    }

    function one(bytes32 slot) internal pure returns (bytes32[] memory slots) {
        slots = new bytes32[](1);
        slots[0] = slot;
    }

    function three(bytes32 a, bytes32 b, bytes32 c) private pure returns (bytes32[] memory slots) {
        slots = new bytes32[](3);
        (slots[0], slots[1], slots[2]) = (a, b, c);
    }

    // ---- What a key says of it

    function body(bytes memory result) internal view returns (Answers.Body memory said) {
        said = Answers.body();
        (said.number, said.time, said.blockHash) = (NUMBER, TIME, keccak256(header()));
        said.results = bytes.concat(hex"81", result);
    }

    function says(uint256 key, bytes memory fact, Answers.Body memory said)
        internal
        view
        returns (IPythiaRegistry.Statement memory)
    {
        bytes memory question = Answers.question(7, bytes.concat(hex"81", fact));
        return Answers.statement(key, configurationHash, question, Answers.encode(said));
    }

    function says(bytes memory fact, bytes memory result) internal view returns (IPythiaRegistry.Statement memory) {
        return says(ENCLAVE_KEY, fact, body(result));
    }

    function proofWith(IProvenFacts.AccountProof[] memory proofs)
        internal
        view
        returns (IPythiaRegistry.StorageProof memory)
    {
        return IPythiaRegistry.StorageProof(preimage, header(), proofs);
    }

    // ---- What becomes of it

    function refused(IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof, bytes memory why)
        internal
    {
        vm.expectRevert(why);
        registry.proveAgainstStorage(x, y, said, proof);
        assertEq(registry.statusOf(keyId), 1, "the key is good");
    }

    function wrongCount(uint256 found, uint256 expected) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IProvenFacts.ProofCountMismatch.selector, found, expected);
    }
}
