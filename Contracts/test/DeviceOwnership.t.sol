// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

contract DeviceOwnershipTest is PythiaTest {
    string internal constant TRANSFER_TYPE =
        "Transfer(bytes32 deviceId,address to,uint40 deviceEpoch,uint32 ownerEpoch,";
    string internal constant UNFREEZE_TYPE = "Unfreeze(bytes32 deviceId,uint40 deviceEpoch,uint32 ownerEpoch,";
    string internal constant ROTATE_TYPE = "RotateKey(bytes32 deviceId,bytes32 newX,bytes32 newY,bytes32 evidence,";

    bytes32 internal lamp;

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
    }

    function transferAuth(uint256 key, address to) internal view returns (ISignedActs.Auth memory) {
        bytes memory fields = abi.encode(lamp, to, devices.device(lamp).epoch, devices.ownerEpoch(vm.addr(key)));
        return authFor(key, address(devices), TRANSFER_TYPE, fields);
    }

    // ---- Transfer

    function test_Transfer_ByTheOwner_MovesItAndBumpsTheEpoch() public {
        vm.expectEmit(address(devices));
        emit IDeviceRegistry.DeviceTransferred(lamp, alice, bob, 2);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        IDeviceRegistry.Device memory device = devices.device(lamp);
        assertEq(device.owner, bob, "owner");
        assertEq(device.epoch, 2, "epoch");
        assertEq(device.status, 1, "status");
        assertEq(devices.balanceOf(alice), 0, "Alice's balance");
        assertEq(devices.balanceOf(bob), 1, "Bob's balance");
    }

    function test_Transfer_ByAStranger_IsRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, stranger, uint256(lamp))
        );
        vm.prank(stranger);
        devices.transferFrom(alice, stranger, uint256(lamp));

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, lamp, stranger, alice));
        vm.prank(stranger);
        devices.transfer(lamp, stranger, 1, 0);
    }

    function test_Transfer_FromSomeoneElse_IsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, bob, uint256(lamp), alice));
        vm.prank(alice);
        devices.transferFrom(bob, stranger, uint256(lamp));
    }

    function test_Transfer_OfAnUnclaimedDevice_IsRefused() public {
        bytes32 unclaimed = deviceIdOf(maker, 7);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, uint256(unclaimed)));
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(unclaimed));

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, unclaimed, alice, address(0)));
        vm.prank(alice);
        devices.transfer(unclaimed, bob, 0, 0);
    }

    function test_Transfer_ToNobody_IsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        vm.prank(alice);
        devices.transferFrom(alice, address(0), uint256(lamp));

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceReceiverRefused.selector, lamp, address(0)));
        vm.prank(alice);
        devices.transfer(lamp, address(0), 1, 0);

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceReceiverRefused.selector, lamp, address(devices)));
        vm.prank(alice);
        devices.transferFrom(alice, address(devices), uint256(lamp));
    }

    function test_Transfer_ByAnApproved_WorksOnceAndTheApprovalEnds() public {
        vm.prank(alice);
        devices.approve(stranger, uint256(lamp));
        vm.prank(stranger);
        devices.transferFrom(alice, bob, uint256(lamp));
        assertEq(devices.getApproved(uint256(lamp)), address(0), "approved");
        vm.expectPartialRevert(IERC721Errors.ERC721InsufficientApproval.selector);
        vm.prank(stranger);
        devices.transferFrom(bob, stranger, uint256(lamp));
    }

    function test_Approved_MayMoveTheDeviceAndNothingElse() public {
        vm.prank(alice);
        devices.setApprovalForAll(stranger, true);
        bytes memory refusal = abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, lamp, stranger, alice);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        devices.freeze(lamp);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        devices.endConsents(lamp);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        devices.retire(lamp, 1);
    }

    function test_TransferSigned_ByTheOwner_IsCarriedOutByAnybody() public {
        ISignedActs.Auth memory auth = transferAuth(ALICE_KEY, bob);
        vm.recordLogs();
        vm.prank(stranger);
        devices.transferSigned(lamp, bob, 1, 0, auth);
        expectOutcome(true, "");
        assertEq(devices.ownerOf(uint256(lamp)), bob, "owner");
    }

    function test_TransferSigned_ToAnotherReceiver_IsRefused() public {
        ISignedActs.Auth memory auth = transferAuth(ALICE_KEY, bob);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.transferSigned(lamp, stranger, 1, 0, auth);
    }

    function test_TransferSigned_WithheldUntilTheDeviceWentAndCameBack_Fails() public {
        ISignedActs.Auth memory auth = transferAuth(ALICE_KEY, stranger);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        vm.prank(bob);
        devices.transferFrom(bob, alice, uint256(lamp));
        vm.recordLogs();
        devices.transferSigned(lamp, stranger, 1, 0, auth);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceEpochMoved.selector, lamp, 1, 3));
        assertEq(devices.ownerOf(uint256(lamp)), alice, "owner");
    }

    function test_TransferSigned_WithheldUntilTheOwnerTookSomethingBack_Fails() public {
        ISignedActs.Auth memory auth = transferAuth(ALICE_KEY, stranger);
        vm.prank(alice);
        devices.cancelRecovery();
        vm.recordLogs();
        devices.transferSigned(lamp, stranger, 1, 0, auth);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceOwnerEpochMoved.selector, alice, 0, 1));
    }

    // ---- Freeze and retire

    function test_Frozen_DoesNotMove() public {
        vm.prank(alice);
        devices.approve(stranger, uint256(lamp));
        vm.prank(alice);
        devices.freeze(lamp);
        bytes memory refusal = abi.encodeWithSelector(IDeviceRegistry.DeviceStatusRefused.selector, lamp, 2);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        devices.transferFrom(alice, stranger, uint256(lamp));
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.transfer(lamp, bob, 1, 1);
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.safeTransferFrom(alice, bob, uint256(lamp));
    }

    function test_Unfreeze_WithheldUntilTheNextFreeze_Fails() public {
        vm.prank(alice);
        devices.freeze(lamp);
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(devices), UNFREEZE_TYPE, abi.encode(lamp, uint40(1), uint32(1)));
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        vm.prank(alice);
        devices.freeze(lamp); // stolen this time
        vm.recordLogs();
        devices.unfreezeSigned(lamp, 1, 1, auth);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceOwnerEpochMoved.selector, alice, 1, 2));
        assertEq(devices.device(lamp).status, 2, "status");
    }

    /// @dev Bob's freeze raises Bob's counter and not Alice's: only the device's epoch tells that it was away.
    function test_Unfreeze_WithheldUntilARecoveryBroughtItBackFrozen_Fails() public {
        vm.prank(alice);
        devices.freeze(lamp);
        bytes memory fields = abi.encode(lamp, uint40(1), uint32(1));
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, alice, 0, NOW + 30 days, address(devices), UNFREEZE_TYPE, fields);
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        vm.prank(alice);
        devices.transfer(lamp, bob, 1, 1);

        recoverFrozenFromBobToAlice();
        assertEq(devices.ownerEpoch(alice), 1, "owner epoch stays");
        vm.recordLogs();
        devices.unfreezeSigned(lamp, 1, 1, auth);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceEpochMoved.selector, lamp, 1, 3));
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function recoverFrozenFromBobToAlice() internal {
        vm.prank(bob);
        devices.setRecovery(stranger, 7 days, 0);
        vm.prank(bob);
        devices.freeze(lamp);
        vm.prank(stranger);
        devices.startRecovery(bob, alice, 2);
        vm.warp(NOW + 7 days);
        devices.finishRecovery(lamp);
        assertEq(devices.ownerOf(uint256(lamp)), alice, "owner");
        assertEq(devices.device(lamp).status, 2, "frozen");
    }

    function test_Unfreeze_Signed_MakesItActive() public {
        vm.prank(alice);
        devices.freeze(lamp);
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(devices), UNFREEZE_TYPE, abi.encode(lamp, uint40(1), uint32(1)));
        devices.unfreezeSigned(lamp, 1, 1, auth);
        assertEq(devices.device(lamp).status, 1, "status");
    }

    function test_Retired_IsTheEnd() public {
        ISignedActs.Auth memory auth = authFor(
            ALICE_KEY, address(devices), "Retire(bytes32 deviceId,uint40 deviceEpoch,", abi.encode(lamp, uint40(1))
        );
        devices.retireSigned(lamp, 1, auth);
        assertEq(devices.device(lamp).status, 3, "status");
        assertEq(devices.ownerOf(uint256(lamp)), alice, "owner stays");

        bytes memory refusal = abi.encodeWithSelector(IDeviceRegistry.DeviceStatusRefused.selector, lamp, 3);
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 0);
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.freeze(lamp);
        vm.expectRevert(refusal);
        vm.prank(alice);
        devices.retire(lamp, 1);
        vm.expectRevert(refusal);
        devices.finishRecovery(lamp);
    }

    function test_EndConsents_Signed_BumpsBothEpochs() public {
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(devices), "EndConsents(bytes32 deviceId,", abi.encode(lamp));
        devices.endConsentsSigned(lamp, auth);
        assertEq(devices.device(lamp).epoch, 2, "device epoch");
        assertEq(devices.ownerEpoch(alice), 1, "owner epoch");
    }

    // ---- Keys of devices

    function rotationTo(uint256 oldKey, uint256 newKey) internal view returns (IDeviceRegistry.Rotation memory r) {
        (uint256 oldX, uint256 oldY) = vm.publicKeyP256(oldKey);
        (uint256 newX, uint256 newY) = vm.publicKeyP256(newKey);
        bytes memory fields = abi.encodePacked(uint64(devices.device(lamp).epoch), newX, newY);
        bytes32 digest = statementDigest("pythia/rotate/1", lamp, fields);
        r.manufacturer = maker;
        (r.oldX, r.oldY, r.newX, r.newY) = (bytes32(oldX), bytes32(oldY), bytes32(newX), bytes32(newY));
        (r.oldR, r.oldS) = vm.signP256(oldKey, digest);
        (r.newR, r.newS) = vm.signP256(newKey, digest);
    }

    function test_RotateKey_WithBothSignatures_SetsTheHash() public {
        IDeviceRegistry.Rotation memory first = rotationTo(DEVICE_KEY, 11);
        vm.prank(alice);
        devices.rotateKey(lamp, first);
        assertEq(devices.rotatedKeyHash(lamp), keccak256(abi.encode(first.newX, first.newY)), "hash");
        assertEq(devices.device(lamp).epoch, 1, "epoch stays");

        IDeviceRegistry.Rotation memory second = rotationTo(11, 12);
        second.manufacturer = address(0); // no longer looked at
        vm.prank(alice);
        devices.rotateKey(lamp, second);
        assertEq(devices.rotatedKeyHash(lamp), keccak256(abi.encode(second.newX, second.newY)), "hash");

        vm.expectPartialRevert(IDeviceRegistry.DeviceKeyMismatch.selector);
        vm.prank(alice);
        devices.rotateKey(lamp, first);
    }

    function test_RotateKey_ToTheOwnersOwnKeyWithoutTheDevice_IsRefused() public {
        IDeviceRegistry.Rotation memory r = rotationTo(DEVICE_KEY, 11);
        (r.oldR, r.oldS) = (r.newR, r.newS);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceStatementInvalid.selector, lamp));
        vm.prank(alice);
        devices.rotateKey(lamp, r);
    }

    function test_RotateKey_ToAKeyThatDoesNotSign_IsRefused() public {
        IDeviceRegistry.Rotation memory r = rotationTo(DEVICE_KEY, 11);
        (r.newR, r.newS) = (r.oldR, r.oldS);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceStatementInvalid.selector, lamp));
        vm.prank(alice);
        devices.rotateKey(lamp, r);
    }

    function test_RotateKey_StatementGivenToThePreviousOwner_IsRefused() public {
        IDeviceRegistry.Rotation memory r = rotationTo(DEVICE_KEY, 11);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceStatementInvalid.selector, lamp));
        vm.prank(bob);
        devices.rotateKey(lamp, r);
    }

    function test_RotateKey_FromAnotherDevicesKey_IsRefused() public {
        IDeviceRegistry.Rotation memory r = rotationTo(13, 11);
        vm.expectPartialRevert(IDeviceRegistry.DeviceKeyMismatch.selector);
        vm.prank(alice);
        devices.rotateKey(lamp, r);
    }

    function test_RotateKeySigned_OtherEvidence_IsRefused() public {
        IDeviceRegistry.Rotation memory r = rotationTo(DEVICE_KEY, 11);
        bytes memory fields = abi.encode(lamp, r.newX, r.newY, keccak256(abi.encode(r)));
        ISignedActs.Auth memory auth = authFor(ALICE_KEY, address(devices), ROTATE_TYPE, fields);
        bytes32 truth = r.oldR;
        r.oldR = 0;
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.rotateKeySigned(lamp, r, auth);
        r.oldR = truth;
        vm.recordLogs();
        devices.rotateKeySigned(lamp, r, auth);
        expectOutcome(true, "");
    }

    function test_RotateKeySigned_WithoutThePrecompile_FitsItsGas() public {
        IDeviceRegistry.Rotation memory r = rotationTo(DEVICE_KEY, 11);
        bytes memory fields = abi.encode(lamp, r.newX, r.newY, keccak256(abi.encode(r)));
        ISignedActs.Auth memory auth = authFor(ALICE_KEY, address(devices), ROTATE_TYPE, fields);
        withoutPrecompile();
        vm.recordLogs();
        devices.rotateKeySigned(lamp, r, auth);
        expectOutcome(true, "");
    }

    function test_SecurityCounter_ByTheDevicesWord_OnlyGrows() public {
        raiseTo(5, DEVICE_KEY);
        assertEq(devices.device(lamp).securityCounter, 5, "counter");
        (bytes32 r, bytes32 s) = counterSignature(5, DEVICE_KEY);
        (uint256 x, uint256 y) = vm.publicKeyP256(DEVICE_KEY);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceCounterNotNewer.selector, lamp, 5, 5));
        devices.raiseSecurityCounter(lamp, 5, maker, bytes32(x), bytes32(y), r, s);

        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceStatementInvalid.selector, lamp));
        devices.raiseSecurityCounter(lamp, 6, maker, bytes32(x), bytes32(y), r, s);
    }

    function raiseTo(uint48 counter, uint256 key) internal {
        (bytes32 r, bytes32 s) = counterSignature(counter, key);
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        devices.raiseSecurityCounter(lamp, counter, maker, bytes32(x), bytes32(y), r, s);
    }

    function counterSignature(uint48 counter, uint256 key) internal view returns (bytes32 r, bytes32 s) {
        return vm.signP256(key, statementDigest("pythia/counter/1", lamp, abi.encodePacked(uint64(counter))));
    }
}
