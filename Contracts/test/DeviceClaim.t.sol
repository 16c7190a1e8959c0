// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

/// @dev A claim starts from true evidence, and one thing is changed.
contract DeviceClaimTest is PythiaTest {
    string internal constant CLAIM_TYPE = "Claim(bytes32 deviceId,bytes32 modelId,bytes32 evidence,";

    function test_RegisterBatch_SameRootTwice_IsRefused() public {
        (bytes32 root,) = registerBatchWith(DEVICE_KEY);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceBatchInvalid.selector, root, 5));
        vm.prank(maker);
        devices.registerBatch(root, 5, "");
    }

    function test_RegisterBatch_NoDevices_IsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceBatchInvalid.selector, bytes32("root"), 0));
        devices.registerBatch("root", 0, "");
    }

    function test_RegisterBatch_Signed_IsTheSignersBatch() public {
        ISignedActs.Auth memory auth = authFor(
            MAKER_KEY,
            address(devices),
            "RegisterBatch(bytes32 root,uint32 count,string uri,",
            abi.encode(bytes32("root"), uint32(1000), keccak256("ipfs://x"))
        );
        devices.registerBatchSigned("root", 1000, "ipfs://x", auth);
        (uint32 count, uint64 registeredAt) = devices.batch(maker, "root");
        assertEq(count, 1000, "count");
        assertEq(registeredAt, NOW, "registered at");
    }

    function test_Claim_TrueEvidence_MakesTheCallerOwner() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        bytes32 deviceId = deviceIdOf(maker, DEVICE_KEY);
        vm.expectEmit(address(devices));
        emit IDeviceRegistry.DeviceClaimed(deviceId, alice, maker, evidence.keyX, evidence.keyY, MODEL, evidence.root);
        vm.prank(alice);
        devices.claim(evidence);

        IDeviceRegistry.Device memory device = devices.device(deviceId);
        assertEq(device.owner, alice, "owner");
        assertEq(devices.ownerOf(uint256(deviceId)), alice, "ERC-721 owner");
        assertEq(devices.balanceOf(alice), 1, "balance");
        assertEq(device.status, 1, "status");
        assertEq(device.epoch, 1, "epoch");
    }

    function test_Claim_FrontRunWithTheSameEvidence_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(stranger);
        devices.claim(evidence);
    }

    function test_Claim_PhotographedCodeWithoutTheDevice_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        bytes32 deviceId = deviceIdOf(maker, DEVICE_KEY);
        // The photographer has the claim key, but of the device only what Alice's pending claim shows.
        evidence.claimKeySignature = claimKeySignature(QR_KEY, deviceId, stranger);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceStatementInvalid.selector, deviceId));
        vm.prank(stranger);
        devices.claim(evidence);
    }

    function test_Claim_DeviceWithoutTheClaimKey_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.claimKeySignature = claimKeySignature(STRANGER_KEY, deviceIdOf(maker, DEVICE_KEY), alice);
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_MissingClaimKeySignature_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.claimKeySignature = "";
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_ClaimKeyOfZeroAndNoSignature_IsRefused() public {
        // A manufacturer that registered a leaf without a claim key has registered a device that nobody can claim.
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        bytes32 deviceId = deviceIdOf(maker, DEVICE_KEY);
        evidence.claimKey = address(0);
        evidence.claimKeySignature = "";
        evidence.proof = new bytes32[](0);
        evidence.root = leafOf(deviceId, address(0));
        vm.prank(maker);
        devices.registerBatch(evidence.root, 1, "");
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_Twice_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.claim(evidence);
        bytes32 deviceId = deviceIdOf(maker, DEVICE_KEY);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceAlreadyClaimed.selector, deviceId));
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_AfterRetirement_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        bytes32 deviceId = deviceIdOf(maker, DEVICE_KEY);
        vm.prank(alice);
        devices.claim(evidence);
        vm.prank(alice);
        devices.retire(deviceId, 1);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceAlreadyClaimed.selector, deviceId));
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_RootOfAnotherMaker_IsRefused() public {
        // The stranger registers a root that holds the maker's device, and names itself or the maker.
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.proof = new bytes32[](0);
        evidence.root = leafOf(deviceIdOf(maker, DEVICE_KEY), evidence.claimKey);
        vm.prank(stranger);
        devices.registerBatch(evidence.root, 1, "");

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceBatchUnknown.selector, maker, evidence.root));
        vm.prank(alice);
        devices.claim(evidence);

        evidence.manufacturer = stranger;
        vm.expectPartialRevert(IDeviceRegistry.DeviceNotInBatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_InnerNodeAsLeaf_IsRefused() public {
        // A parent is the hash of 64 bytes; leaves are hashed twice, so no claim's fields make its preimage.
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.proof = new bytes32[](0);
        vm.expectPartialRevert(IDeviceRegistry.DeviceNotInBatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_OtherModel_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.modelId = "lamp-2";
        vm.expectPartialRevert(IDeviceRegistry.DeviceNotInBatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_HighAndLowS_AreBothTheDevices() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.deviceS = bytes32(P256_N - uint256(evidence.deviceS));
        vm.prank(alice);
        devices.claim(evidence);
        assertEq(devices.device(deviceIdOf(maker, DEVICE_KEY)).owner, alice, "owner");
    }

    function test_Claim_ClaimKeySignatureWithHighS_IsRefused() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        evidence.claimKeySignature = flipped(evidence.claimKeySignature);
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function test_Claim_WithoutThePrecompile_IsCheckedInSolidity() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        withoutPrecompile();
        vm.prank(alice);
        devices.claim(evidence);
        assertEq(devices.device(deviceIdOf(maker, DEVICE_KEY)).owner, alice, "owner");
    }

    function test_ClaimSigned_WithoutThePrecompile_FitsItsGas() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        withoutPrecompile();
        ISignedActs.Auth memory auth = claimAuth(evidence);
        devices.claimSigned(evidence, auth);
        assertEq(devices.device(deviceIdOf(maker, DEVICE_KEY)).owner, alice, "owner");
    }

    function test_ClaimSigned_CarriedByAnybody_MakesTheSignerOwner() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        ISignedActs.Auth memory auth = claimAuth(evidence);
        vm.prank(stranger);
        devices.claimSigned(evidence, auth);
        assertEq(devices.device(deviceIdOf(maker, DEVICE_KEY)).owner, alice, "owner");
    }

    function test_ClaimSigned_OtherEvidence_IsRefusedAndConsumesNothing() public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        ISignedActs.Auth memory auth = claimAuth(evidence);
        bytes32 truth = evidence.deviceR;
        evidence.deviceR = bytes32(uint256(1)); // to make Alice's claim fail for good
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.claimSigned(evidence, auth);

        evidence.deviceR = truth;
        devices.claimSigned(evidence, auth);
        assertEq(devices.device(deviceIdOf(maker, DEVICE_KEY)).owner, alice, "owner");
    }

    function testFuzz_Claim_AnyOtherCaller_IsRefused(address caller) public {
        vm.assume(caller != alice);
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        vm.expectPartialRevert(IDeviceRegistry.DeviceClaimKeyMismatch.selector);
        vm.prank(caller);
        devices.claim(evidence);
    }

    function testFuzz_Claim_AnyOtherDeviceSignature_IsRefused(bytes32 r, bytes32 s) public {
        IDeviceRegistry.Claim memory evidence = evidenceFor(alice, DEVICE_KEY);
        (evidence.deviceR, evidence.deviceS) = (r, s);
        vm.expectPartialRevert(IDeviceRegistry.DeviceStatementInvalid.selector);
        vm.prank(alice);
        devices.claim(evidence);
    }

    function claimAuth(IDeviceRegistry.Claim memory evidence) internal view returns (ISignedActs.Auth memory) {
        bytes32 deviceId = keccak256(abi.encodePacked(evidence.manufacturer, evidence.keyX, evidence.keyY));
        bytes memory fields = abi.encode(deviceId, evidence.modelId, keccak256(abi.encode(evidence)));
        return authFor(ALICE_KEY, address(devices), CLAIM_TYPE, fields);
    }

    function flipped(bytes memory signature) internal pure returns (bytes memory) {
        bytes32 r;
        bytes32 s;
        assembly {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        return abi.encodePacked(r, SECP256K1_N - uint256(s), uint8(signature[64]) == 27 ? uint8(28) : uint8(27));
    }
}
