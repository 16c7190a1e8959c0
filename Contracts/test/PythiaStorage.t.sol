// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../src/interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Cbor} from "../src/libraries/Cbor.sol";
import {Answers} from "./utils/Answers.sol";
import {StateTest} from "./utils/StateTest.sol";
import {Tries} from "./utils/Tries.sol";

/// @dev An answer against the state of the block that it names. Each case starts from a true proof and changes one thing.
contract PythiaStorageTest is StateTest {
    uint256 private next = ENCLAVE_KEY + 1;

    // ---- Number and time of the header

    function test_Block_AnotherNumberOrTime_EndsTheKeyWithoutProofs() public {
        putDevice(1, alice);
        IPythiaRegistry.StorageProof memory proof =
            IPythiaRegistry.StorageProof("", header(), new IProvenFacts.AccountProof[](0));
        Answers.Body memory said = body(hex"f6");
        (said.number, said.level) = (NUMBER + 1, 0);
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyFaulted(keyId, IPythiaRegistry.Fault.Block, said.blockHash);
        registry.proveAgainstStorage(x, y, says(ENCLAVE_KEY, ownerOf(), said), proof);

        bytes32 other = register(ENCLAVE_KEY + 1);
        (uint256 otherX, uint256 otherY) = vm.publicKeyP256(ENCLAVE_KEY + 1);
        (said.number, said.time) = (NUMBER, TIME - 1);
        IPythiaRegistry.Statement memory late = says(ENCLAVE_KEY + 1, ownerOf(), said);
        registry.proveAgainstStorage(bytes32(otherX), bytes32(otherY), late, proof);
        assertEq(registry.statusOf(other), 3, "faulted");
    }

    // ---- Refusals

    /// @dev A lie about the owner, and the proof that ends it.
    function lie() private returns (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) {
        putDevice(1, alice);
        return (says(ownerOf(), bytes.concat(hex"54", bytes20(bob))), proofWith(deviceProof()));
    }

    function ended(IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) private {
        registry.proveAgainstStorage(x, y, said, proof);
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Header_OfAnotherBlock_IsRefused() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        bytes memory whole = proof.header;
        proof.header = headerOf(Tries.root(accounts(), stateDepth), NUMBER + 1, TIME);
        bytes4 mismatch = IPythiaRegistry.HeaderMismatch.selector;
        refused(said, proof, abi.encodeWithSelector(mismatch, keccak256(proof.header), keccak256(whole)));
        proof.header = whole;
        ended(said, proof);
    }

    function test_Header_OfAnotherForm_IsMalformed() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        bytes memory whole = proof.header;
        bytes memory hash = bytes.concat(hex"a0", keccak256("some hash"));
        bytes[9] memory wrong = [
            bytes.concat(whole, hex"00"),
            bytes(hex""),
            bytes(hex"c0"),
            bytes(hex"80"),
            // fourteen members
            Tries.list(bytes.concat(hash, hash, hash, hash, hash, hash, hex"8080050505058080")),
            // a state root of 31 bytes, a number and a time with a leading zero, a number of nine bytes
            Tries.list(
                bytes.concat(hash, hash, hash, hex"9f", bytes31(keccak256("")), hash, hash, hex"808005050505808080")
            ),
            Tries.list(bytes.concat(hash, hash, hash, hash, hash, hash, hex"8080820005050505808080")),
            Tries.list(bytes.concat(hash, hash, hash, hash, hash, hash, hex"808005050500808080")),
            Tries.list(bytes.concat(hash, hash, hash, hash, hash, hash, hex"808089010101010101010101050505808080"))
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            proof.header = wrong[i];
            vm.expectPartialRevert(IProvenFacts.HeaderMalformed.selector);
            registry.proveAgainstStorage(x, y, said, proof);
        }
        vm.expectPartialRevert(IPythiaRegistry.HeaderMismatch.selector); // and this one can be read
        proof.header = Tries.list(bytes.concat(hash, hash, hash, hash, hash, hash, hex"808005050505808080"));
        registry.proveAgainstStorage(x, y, said, proof);
    }

    function test_Header_WithMembersOfForksToCome_IsRead() public {
        putDevice(1, alice);
        bytes memory known = header();
        bytes memory items = new bytes(known.length - 3);
        for (uint256 i = 3; i < known.length; ++i) {
            items[i - 3] = known[i];
        }
        bytes memory later = Tries.list(bytes.concat(items, hex"a0", keccak256("access list"), hex"c20102"));
        IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
        proof.header = later;
        Answers.Body memory said = body(hex"f6");
        said.blockHash = keccak256(later);
        ended(says(ENCLAVE_KEY, ownerOf(), said), proof);
    }

    function test_Proof_CutAnywhere_EndsNoKey() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        bytes[] memory account = proof.accounts[0].account;
        bytes[] memory slot = proof.accounts[0].slots[0];
        for (uint256 kept = 0; kept < account.length; ++kept) {
            proof.accounts[0].account = first(account, kept);
            refused(said, proof, abi.encodeWithSelector(IProvenFacts.ProofCutShort.selector, kept));
        }
        proof.accounts[0].account = account;
        for (uint256 kept = 0; kept < slot.length; ++kept) {
            proof.accounts[0].slots[0] = first(slot, kept);
            refused(said, proof, abi.encodeWithSelector(IProvenFacts.ProofCutShort.selector, kept));
        }
        proof.accounts[0].slots[0] = slot;
        ended(said, proof);
    }

    function first(bytes[] memory nodes, uint256 count) private pure returns (bytes[] memory kept) {
        kept = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            kept[i] = nodes[i];
        }
    }

    function test_Proof_NodeTooMany_EndsNoKey() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        bytes[] memory account = proof.accounts[0].account;
        bytes[] memory slot = proof.accounts[0].slots[0];
        bytes4 left = IProvenFacts.ProofNodesLeft.selector;
        proof.accounts[0].account = more(account);
        refused(said, proof, abi.encodeWithSelector(left, account.length, account.length + 1));
        proof.accounts[0].account = account;
        proof.accounts[0].slots[0] = more(slot);
        refused(said, proof, abi.encodeWithSelector(left, slot.length, slot.length + 1));
        proof.accounts[0].slots[0] = slot;
        ended(said, proof);
    }

    function more(bytes[] memory nodes) private pure returns (bytes[] memory longer) {
        longer = new bytes[](nodes.length + 1);
        for (uint256 i = 0; i < nodes.length; ++i) {
            longer[i] = nodes[i];
        }
        longer[nodes.length] = nodes[nodes.length - 1];
    }

    function test_Proof_OfAnotherAccountOrSlot_EndsNoKey() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        put(address(policies), policySlot(), 1);
        proof = proofWith(deviceProof());
        said = says(ownerOf(), bytes.concat(hex"54", bytes20(bob)));
        bytes[] memory account = proof.accounts[0].account;
        proof.accounts[0].account = Tries.prove(accounts(), pathOf(address(policies)), stateDepth);
        vm.expectPartialRevert(IProvenFacts.ProofHashMismatch.selector);
        registry.proveAgainstStorage(x, y, said, proof);

        proof.accounts[0].account = account;
        put(address(devices), policySlot(), 1);
        proof = proofWith(deviceProof());
        said = says(ownerOf(), bytes.concat(hex"54", bytes20(bob)));
        bytes[] memory slot = proof.accounts[0].slots[0];
        proof.accounts[0].slots[0] =
            Tries.prove(words[address(devices)], keccak256(abi.encode(policySlot())), storageDepth);
        vm.expectPartialRevert(IProvenFacts.ProofHashMismatch.selector);
        registry.proveAgainstStorage(x, y, said, proof);
        proof.accounts[0].slots[0] = slot;
        ended(said, proof);
    }

    function test_Proof_AnyByteChanged_EndsNoKey() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        for (uint256 node = 0; node < proof.accounts[0].slots[0].length; ++node) {
            for (uint256 i = 0; i < proof.accounts[0].slots[0][node].length; i += 13) {
                proof.accounts[0].slots[0][node][i] ^= 0x01;
                vm.expectPartialRevert(IProvenFacts.ProofHashMismatch.selector);
                registry.proveAgainstStorage(x, y, said, proof);
                proof.accounts[0].slots[0][node][i] ^= 0x01;
            }
        }
        ended(said, proof);
    }

    function test_Proof_MoreOrFewerAccountsOrSlots_IsRefused() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        IProvenFacts.AccountProof[] memory whole = proof.accounts;
        proof.accounts = new IProvenFacts.AccountProof[](0);
        refused(said, proof, wrongCount(0, 1));
        proof.accounts = new IProvenFacts.AccountProof[](2);
        (proof.accounts[0], proof.accounts[1]) = (whole[0], whole[0]);
        refused(said, proof, wrongCount(2, 1));
        proof.accounts = whole;
        bytes[][] memory slots = whole[0].slots;
        proof.accounts[0].slots = new bytes[][](0);
        refused(said, proof, wrongCount(0, 1));
        proof.accounts[0].slots = new bytes[][](2);
        (proof.accounts[0].slots[0], proof.accounts[0].slots[1]) = (slots[0], slots[0]);
        refused(said, proof, wrongCount(2, 1));
        proof.accounts[0].slots = slots;
        ended(said, proof);
        put(address(policies), policySlot(), 1);
        proof = proofWith(new IProvenFacts.AccountProof[](0));
    }

    function test_Proof_LeafThatHoldsNoWordOrNoAccount_IsMalformed() public {
        bytes[4] memory wrong = [bytes(hex"820001"), hex"c0", hex"0101", hex"a1"];
        for (uint256 i = 0; i < wrong.length; ++i) {
            put(address(devices), deviceSlot(), wrong[i]);
            IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
            refused(says(ownerOf(), hex"f6"), proof, abi.encodeWithSelector(IProvenFacts.ProofValueMalformed.selector));
        }
        putDevice(1, alice);
        Tries.Entry[] memory entries = accounts();
        entries[0].value = bytes.concat(entries[0].value, hex"00");
        bytes memory head = headerOf(Tries.root(entries, stateDepth), NUMBER, TIME);
        IPythiaRegistry.StorageProof memory shown = proofWith(deviceProof());
        shown.header = head;
        shown.accounts[0].account = Tries.prove(entries, pathOf(address(devices)), stateDepth);
        Answers.Body memory said = body(hex"f6");
        said.blockHash = keccak256(head);
        bytes memory why = abi.encodeWithSelector(IProvenFacts.ProofValueMalformed.selector);
        refused(says(ENCLAVE_KEY, ownerOf(), said), shown, why);
    }

    function test_Fact_UnknownOrOfAnotherForm_IsRefused() public {
        (, IPythiaRegistry.StorageProof memory proof) = lie();
        bytes memory unknown = abi.encodeWithSelector(IProvenFacts.FactUnknown.selector, 7);
        refused(says(hex"8107", hex"f6"), proof, unknown);
        unknown = abi.encodeWithSelector(IProvenFacts.FactUnknown.selector, 0);
        refused(says(hex"8100", hex"f6"), proof, unknown);
        bytes[5] memory wrong = [
            bytes(hex"820101"), // OwnerOf takes nothing
            bytes.concat(hex"820354", bytes20(service)),
            bytes.concat(hex"8303", hex"5820", SCOPE, hex"54", bytes20(service)),
            bytes.concat(hex"830453", bytes19(bytes20(service)), hex"5820", SCOPE),
            bytes.concat(hex"82055f", hex"ff")
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            IPythiaRegistry.Statement memory said = says(wrong[i], hex"f6");
            vm.expectPartialRevert(Cbor.CborMalformed.selector);
            registry.proveAgainstStorage(x, y, said, proof);
        }
    }

    // ---- Which configuration

    function test_Configuration_OtherBytes_IsRefused() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        proof.configuration = configurationOf(1, address(registry));
        bytes4 mismatch = IPythiaRegistry.ConfigurationMismatch.selector;
        refused(said, proof, abi.encodeWithSelector(mismatch, sha256(proof.configuration), configurationHash));
        vm.expectRevert(abi.encodeWithSelector(mismatch, sha256(proof.configuration), configurationHash));
        registry.proveNotCanonical(x, y, said, proof.configuration);
    }

    /// @dev A key under these bytes, endorsed by mistake, and what it says.
    function under(bytes memory bytes_, uint256 key) private returns (bytes32 hash) {
        hash = sha256(bytes_);
        (, uint32 count) = registry.counts();
        endorseConfiguration(hash, count + 1);
        IPythiaRegistry.Registration memory r = registrationOf(key);
        r.configuration = count + 1;
        registry.registerKey(r, LATER, endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, hash)));
    }

    function refusedUnder(bytes memory bytes_, bytes memory why) private {
        uint256 key = next++;
        (preimage, configurationHash) = (bytes_, under(bytes_, key));
        (uint256 keyX, uint256 keyY) = vm.publicKeyP256(key);
        putDevice(1, alice);
        IPythiaRegistry.Statement memory said = says(key, ownerOf(), body(bytes.concat(hex"54", bytes20(bob))));
        IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
        vm.expectRevert(why);
        registry.proveAgainstStorage(bytes32(keyX), bytes32(keyY), said, proof);
        assertEq(registry.statusOf(keyIdOf(key)), 1, "the key is good");
    }

    function test_Configuration_OfAnotherChain_EndsNoKey() public {
        bytes memory foreign = configurationOf(1, address(registry));
        refusedUnder(foreign, abi.encodeWithSelector(IPythiaRegistry.ChainMismatch.selector, 1, block.chainid));
        // What is finalized there is no block of ours.
        vm.roll(1_000_000);
        vm.setBlockhash(NUMBER, keccak256("canonical"));
        vm.setBlockhash(999_999, keccak256("canonical"));
        Answers.Body memory said = body(hex"f6");
        (said.number, said.level) = (999_999, 3);
        (uint256 keyX, uint256 keyY) = vm.publicKeyP256(next - 1);
        IPythiaRegistry.Statement memory statement = says(next - 1, ownerOf(), said);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ChainMismatch.selector, 1, block.chainid));
        registry.proveNotCanonical(bytes32(keyX), bytes32(keyY), statement, foreign);
    }

    function test_Configuration_OfOtherContracts_EndsNoKey() public {
        bytes4 foreign = IProvenFacts.ConfigurationForeign.selector;
        bytes memory other = configurationOf(block.chainid, alice);
        refusedUnder(other, abi.encodeWithSelector(foreign, alice, bytes32(0)));

        // Another address with the very code that ours has.
        vm.etch(alice, address(registry).code);
        other = configurationOf(block.chainid, alice);
        refusedUnder(other, abi.encodeWithSelector(foreign, alice, address(registry).codehash));

        // The right address with other code than it has here: the same id on a chain that parted from ours.
        bytes memory ours = configurationOf(block.chainid, address(registry));
        other = bytes.concat(ours);
        other[other.length - 3] ^= 0x01; // of the code hash of PythiaRegistry, the last
        bytes32 code = address(registry).codehash ^ bytes32(uint256(1));
        refusedUnder(other, abi.encodeWithSelector(foreign, address(registry), code));

        other = bytes.concat(
            hex"856f", "pythia/config/1", Answers.number(block.chainid), hex"5820", keccak256("genesis"), hex"808100"
        );
        refusedUnder(other, abi.encodeWithSelector(foreign, address(0), 0));
        (, IPythiaRegistry.StorageProof memory proof) = lie();
        proof.configuration = ours;
    }

    function test_Configuration_OfAnotherForm_IsMalformed() public {
        bytes memory start =
            bytes.concat(hex"856f", "pythia/config/1", Answers.number(block.chainid), hex"5820", keccak256("genesis"));
        bytes memory a = contractOf("A", alice);
        bytes memory b = contractOf("B", bob);
        bytes memory ab = contractOf("AB", bob);
        assertEq(facts.chainIdOf(bytes.concat(start, hex"83", a, ab, b, hex"8103")), block.chainid, "chain id");
        assertEq(facts.chainIdOf(bytes.concat(start, hex"80", hex"8100")), block.chainid, "chain id");
        malformed(bytes.concat(start, hex"82", b, a, hex"8100")); // not by name
        malformed(bytes.concat(start, hex"82", a, a, hex"8100"));
        malformed(bytes.concat(start, hex"82", ab, a, hex"8100"));
        malformed(bytes.concat(start, hex"82", a, hex"8100")); // one is missing
        malformed(bytes.concat(start, hex"81", a, hex"8104")); // level 4
        malformed(bytes.concat(start, hex"81", a, hex"80"));
        malformed(bytes.concat(start, hex"81", a, hex"810000"));
        malformed(bytes.concat(start, hex"81", a, hex"820000"));
        malformed(bytes.concat(start, hex"81", a)); // cut off
        malformed(bytes.concat(hex"856f", "pythia/config/2", hex"015820", keccak256("genesis"), hex"808100"));
        malformed(bytes.concat(hex"854f", "pythia/config/1", hex"015820", keccak256("genesis"), hex"808100"));
        malformed(bytes.concat(hex"856f", "pythia/config/1", hex"1801581f", bytes31(0), hex"808100"));
        malformed("");
    }

    function malformed(bytes memory configuration) private {
        vm.expectPartialRevert(Cbor.CborMalformed.selector);
        facts.chainIdOf(configuration);
    }

    // ---- Which key

    function test_Key_UnknownRevokedOrExpired_AsForEveryFault() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        (uint256 otherX, uint256 otherY) = vm.publicKeyP256(ENCLAVE_KEY + 1);
        bytes32 other = keyIdOf(ENCLAVE_KEY + 1);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, other, 0));
        registry.proveAgainstStorage(bytes32(otherX), bytes32(otherY), said, proof);
        register(ENCLAVE_KEY + 1);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.AnswerNotSigned.selector, other));
        registry.proveAgainstStorage(bytes32(otherX), bytes32(otherY), said, proof);

        revoke(keyId);
        vm.warp(KEY_END + 1);
        ended(said, proof);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, keyId, 3));
        registry.proveAgainstStorage(x, y, said, proof);
    }

    function test_Key_OfAWithdrawnConfiguration_IsRefused() public {
        (IPythiaRegistry.Statement memory said, IPythiaRegistry.StorageProof memory proof) = lie();
        withdrawConfiguration(configurationHash, 1);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ConfigurationRefused.selector, 1, 0));
        registry.proveAgainstStorage(x, y, said, proof);
    }

    function testFuzz_Storage_AnyBytes_EndNoHonestKey(bytes memory node, uint8 level, bytes memory configuration)
        public
    {
        putDevice(1, alice);
        IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
        proof.accounts[0].account[level % proof.accounts[0].account.length] = node;
        IPythiaRegistry.Statement memory honest = says(ownerOf(), bytes.concat(hex"54", bytes20(alice)));
        (bool success,) = address(registry).call(abi.encodeCall(registry.proveAgainstStorage, (x, y, honest, proof)));
        assertTrue(!success, "ended by a node that is none");
        proof = proofWith(deviceProof());
        proof.configuration = configuration;
        (success,) = address(registry).call(abi.encodeCall(registry.proveAgainstStorage, (x, y, honest, proof)));
        assertTrue(!success, "ended by another configuration");
    }
}
