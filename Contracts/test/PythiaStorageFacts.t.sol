// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../src/interfaces/IProvenFacts.sol";
import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./utils/Answers.sol";
import {StateTest} from "./utils/StateTest.sol";
import {Tries} from "./utils/Tries.sol";

/// @dev What each fact says under the words of a state: what is true never ends a key, anything else does.
contract PythiaStorageFactsTest is StateTest {
    uint256 private next = ENCLAVE_KEY + 1;

    /// @dev The result that follows from the words is no fault, and null and another result are.
    function follows(bytes memory fact, bytes memory result, IProvenFacts.AccountProof[] memory proofs) private {
        IPythiaRegistry.StorageProof memory proof = proofWith(proofs);
        refused(says(fact, result), proof, abi.encodeWithSelector(IPythiaRegistry.FaultNotProven.selector));
        bytes memory other = bytes.concat(result);
        if (other.length == 1) other = hex"820101";
        else other[other.length - 1] ^= 0x01;
        ends(fact, other, proof);
        if (result.length > 1) ends(fact, hex"f6", proof);
    }

    function ends(bytes memory fact, bytes memory result, IPythiaRegistry.StorageProof memory proof) private {
        uint256 liar = next++;
        bytes32 id = register(liar);
        (uint256 liarX, uint256 liarY) = vm.publicKeyP256(liar);
        Answers.Body memory said = body(result);
        IPythiaRegistry.Statement memory statement = says(liar, fact, said);
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyFaulted(id, IPythiaRegistry.Fault.Storage, said.blockHash);
        vm.prank(stranger);
        registry.proveAgainstStorage(bytes32(liarX), bytes32(liarY), statement, proof);
        assertEq(registry.statusOf(id), 3, "faulted");
    }

    function test_OwnerOf_ActiveOrFrozen_IsTheOwner() public {
        putDevice(1, alice);
        follows(ownerOf(), bytes.concat(hex"54", bytes20(alice)), deviceProof());
        putDevice(2, alice);
        follows(ownerOf(), bytes.concat(hex"54", bytes20(alice)), deviceProof());
    }

    function test_OwnerOf_RetiredOrAbsentOrUnknown_IsNull() public {
        uint256[4] memory status = [uint256(0), 3, 4, 255];
        for (uint256 i = 0; i < 4; ++i) {
            putDevice(status[i], alice);
            follows(ownerOf(), hex"f6", deviceProof());
        }
        put(address(devices), deviceSlot(), 0); // proven absent
        follows(ownerOf(), hex"f6", deviceProof());
        follows(deviceStatus(), hex"f6", deviceProof());
        put(address(devices), deviceSlot(), hex"80"); // a zero that was kept
        follows(ownerOf(), hex"f6", deviceProof());
        putDevice(1, address(0));
        follows(ownerOf(), hex"f6", deviceProof());
    }

    function test_DeviceStatus_IsStatusEpochAndCounter() public {
        for (uint256 status = 1; status <= 3; ++status) {
            putDevice(status, alice);
            follows(deviceStatus(), abi.encodePacked(hex"83", uint8(status), hex"0309"), deviceProof());
        }
        putDevice(4, alice);
        follows(deviceStatus(), hex"f6", deviceProof());
        put(address(devices), deviceSlot(), uint160(alice) | (1 << 160) | (uint256(0x1_0000_0000) << 168) | (24 << 208));
        follows(deviceStatus(), hex"83011b00000001000000001818", deviceProof());
    }

    function terms(uint8 status, uint8 kind) private pure returns (bytes memory) {
        return bytes.concat(
            hex"85", bytes1(status), bytes1(kind), Answers.number(TIME - 5), Answers.number(TIME + 5), hex"5820", POLICY
        );
    }

    function test_Consent_IsItsTermsAndItsStatusAboveTheFloor() public {
        putDevice(1, alice);
        putFloor(0);
        for (uint8 status = 1; status <= 3; ++status) {
            putConsent(status, 1, TIME - 5, TIME + 5, 5);
            follows(consent(), terms(status, 1), consentProof());
        }
        putFloor(5);
        putConsent(2, 2, TIME - 5, TIME + 5, 5);
        follows(consent(), terms(2, 2), consentProof());
        putFloor(6);
        follows(consent(), terms(3, 2), consentProof());
        putConsent(0, 2, TIME - 5, TIME + 5, 5);
        follows(consent(), hex"f6", consentProof());
        putConsent(4, 2, TIME - 5, TIME + 5, 5);
        follows(consent(), hex"f6", consentProof());
        putConsent(2, 3, TIME - 5, TIME + 5, 5);
        follows(consent(), hex"f6", consentProof());
    }

    function test_Consent_OfADeviceThatIsNotActive_IsNullWithoutLookingAtIt() public {
        putDevice(2, alice);
        follows(consent(), hex"f6", deviceProof());
        follows(commandAllowed(), hex"f6", deviceProof());
        putDevice(1, address(0));
        follows(consent(), hex"f6", deviceProof());
        putDevice(1, alice);
        IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
        refused(says(consent(), hex"f6"), proof, wrongCount(1, 2));
    }

    function test_CommandAllowed_WithinTheWindowOnly() public {
        putDevice(1, alice);
        putFloor(5);
        bytes memory yes = bytes.concat(hex"8201", Answers.number(TIME));
        putConsent(2, 2, TIME, TIME, 5); // both ends are within
        follows(commandAllowed(), yes, commandProof());
        putConsent(2, 2, TIME + 1, TIME + 2, 5);
        follows(commandAllowed(), hex"f6", commandProof());
        putConsent(2, 2, TIME - 2, TIME - 1, 5);
        follows(commandAllowed(), hex"f6", commandProof());
        putConsent(2, 1, TIME, TIME, 5); // to read
        follows(commandAllowed(), hex"f6", commandProof());
        putConsent(1, 2, TIME, TIME, 5); // not accepted
        follows(commandAllowed(), hex"f6", commandProof());
        putConsent(2, 2, TIME, TIME, 4); // below the floor
        follows(commandAllowed(), hex"f6", commandProof());
    }

    function test_PolicyStatus_IsPublishedOrDeprecated() public {
        put(address(policies), policySlot(), 1 | (uint256(uint160(alice)) << 8));
        follows(policyStatus(), hex"8101", policyProof());
        put(address(policies), policySlot(), 2 | (uint256(uint160(alice)) << 8));
        follows(policyStatus(), hex"8102", policyProof());
        put(address(policies), policySlot(), 3);
        follows(policyStatus(), hex"f6", policyProof());
        put(address(policies), policySlot(), 0);
        follows(policyStatus(), hex"f6", policyProof());
    }

    function keyResult(uint8 status, uint256 notAfter, bytes32 measurement) private pure returns (bytes memory) {
        return bytes.concat(
            hex"84", bytes1(status), Answers.number(notAfter), hex"5820", measurement, hex"50", bytes16(POLICY)
        );
    }

    function test_PythiaKey_InEveryStatus() public {
        putKey(1, TIME, MEASUREMENT, SCOPE); // its last second
        follows(pythiaKey(), keyResult(1, TIME, MEASUREMENT), keyProof(true));
        putKey(1, TIME - 1, MEASUREMENT, SCOPE);
        follows(pythiaKey(), keyResult(5, TIME - 1, MEASUREMENT), keyProof(true));
        putKey(1, TIME - 1, MEASUREMENT, 0); // withdrawn comes before expired
        follows(pythiaKey(), keyResult(4, TIME - 1, MEASUREMENT), keyProof(true));
        putKey(1, TIME, 0, SCOPE);
        follows(pythiaKey(), keyResult(4, TIME, 0), keyProof(true));
        putKey(2, TIME, 0, 0);
        follows(pythiaKey(), keyResult(2, TIME, 0), keyProof(true));
        putKey(3, TIME - 1, MEASUREMENT, SCOPE);
        follows(pythiaKey(), keyResult(3, TIME - 1, MEASUREMENT), keyProof(true));
        putKey(4, TIME, MEASUREMENT, SCOPE); // no status of the contract's
        follows(pythiaKey(), hex"f6", keyProof(false));
        putKey(0, 0, 0, 0);
        follows(pythiaKey(), hex"f6", keyProof(false));
        IPythiaRegistry.StorageProof memory proof = proofWith(keyProof(true));
        refused(says(pythiaKey(), hex"f6"), proof, wrongCount(3, 1));
    }

    function test_Storage_OfAnAccountThatIsNotThere_IsAllZero() public {
        putDevice(1, alice);
        Tries.Entry[] memory entries = accounts();
        entries[0].value = "";
        bytes memory head = headerOf(Tries.root(entries, stateDepth), NUMBER, TIME);
        IPythiaRegistry.StorageProof memory proof = proofWith(deviceProof());
        proof.header = head;
        proof.accounts[0].account = Tries.prove(entries, pathOf(address(devices)), stateDepth);
        proof.accounts[0].slots[0] = new bytes[](0);
        Answers.Body memory said = body(bytes.concat(hex"54", bytes20(alice)));
        said.blockHash = keccak256(head);
        registry.proveAgainstStorage(x, y, says(ENCLAVE_KEY, ownerOf(), said), proof);
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }
}
