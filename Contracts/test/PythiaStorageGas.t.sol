// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../src/interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./utils/Answers.sol";
import {StateTest} from "./utils/StateTest.sol";

/// @dev Gas of ending a key by a storage proof, a whole transaction for each fact, with proofs as deep as a large chain's.
contract PythiaStorageGasTest is StateTest {
    function setUp() public override {
        super.setUp();
        (stateDepth, storageDepth) = (8, 6);
    }

    function ends(string memory name, bytes memory fact, IProvenFacts.AccountProof[] memory proofs) private {
        IPythiaRegistry.StorageProof memory proof = proofWith(proofs);
        Answers.Body memory said = Answers.body();
        (said.number, said.time, said.blockHash, said.results) = (NUMBER, TIME, keccak256(proof.header), hex"8101");
        IPythiaRegistry.Statement memory lie = says(ENCLAVE_KEY, fact, said);
        registry.proveAgainstStorage(x, y, lie, proof);
        vm.snapshotGasLastCall("gas", string.concat("fault proof: storage, ", name));
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Gas_OwnerOf() public {
        putDevice(1, alice);
        ends("OwnerOf", ownerOf(), deviceProof());
    }

    function test_Gas_DeviceStatus() public {
        putDevice(1, alice);
        ends("DeviceStatus", deviceStatus(), deviceProof());
    }

    function test_Gas_Consent() public {
        putDevice(1, alice);
        putFloor(5);
        putConsent(2, 2, TIME, TIME, 5);
        ends("Consent", consent(), consentProof());
    }

    function test_Gas_CommandAllowed() public {
        putDevice(1, alice);
        putFloor(5);
        putConsent(2, 2, TIME, TIME, 5);
        ends("CommandAllowed", commandAllowed(), commandProof());
    }

    function test_Gas_PolicyStatus() public {
        put(address(policies), policySlot(), 1 | (uint256(uint160(alice)) << 8));
        ends("PolicyStatus", policyStatus(), policyProof());
    }

    function test_Gas_PythiaKey() public {
        putKey(1, TIME, MEASUREMENT, SCOPE);
        ends("PythiaKey", pythiaKey(), keyProof(true));
    }

    function test_Gas_Block() public {
        Answers.Body memory said = Answers.body();
        bytes memory head = headerOf(keccak256("state"), NUMBER, TIME);
        (said.number, said.time, said.blockHash) = (NUMBER + 1, TIME, keccak256(head));
        IPythiaRegistry.Statement memory lie = says(ENCLAVE_KEY, ownerOf(), said);
        registry.proveAgainstStorage(
            x, y, lie, IPythiaRegistry.StorageProof("", head, new IProvenFacts.AccountProof[](0))
        );
        vm.snapshotGasLastCall("gas", "fault proof: a block that its header is not");
    }
}
