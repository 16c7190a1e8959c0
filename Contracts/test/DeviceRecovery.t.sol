// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

/// @dev Alice has lost her key; Bob is whom she trusted with her recovery.
contract DeviceRecoveryTest is PythiaTest {
    uint32 internal constant DELAY = 7 days;

    bytes32 internal lamp;
    address internal newAlice = vm.addr(0xA11CE2);

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.setRecovery(bob, DELAY, 0);
    }

    function start() internal {
        vm.prank(bob);
        devices.startRecovery(alice, newAlice, 1);
    }

    function test_Recovery_AfterTheDelay_MovesDevicesOneByOne() public {
        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        start();
        vm.warp(NOW + DELAY);
        vm.prank(stranger);
        devices.finishRecovery(lamp);
        assertEq(devices.ownerOf(uint256(lamp)), newAlice, "lamp");
        assertEq(devices.device(lamp).epoch, 2, "epoch");
        assertEq(devices.ownerOf(uint256(lock)), alice, "lock");
        devices.finishRecovery(lock);
        assertEq(devices.balanceOf(newAlice), 2, "balance");
    }

    function test_Recovery_ASecondEarlyOrAfterTheWindow_IsRefused() public {
        start();
        vm.warp(NOW + DELAY - 1);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
        vm.warp(NOW + DELAY + 30 days + 1);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
        vm.warp(NOW + DELAY + 30 days);
        devices.finishRecovery(lamp);
    }

    function test_Recovery_NeverStarted_IsRefused() public {
        vm.warp(NOW + 1000 days);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery("nobody's");
    }

    function test_Recovery_StartedByAStranger_IsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.RecoveryNotAuthorized.selector, alice, stranger));
        vm.prank(stranger);
        devices.startRecovery(alice, stranger, 1);

        // An owner who has named nobody: not even the zero address' caller.
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.RecoveryNotAuthorized.selector, stranger, address(0)));
        vm.prank(address(0));
        devices.startRecovery(stranger, bob, 0);
    }

    function test_Recovery_CancelledByTheOwner_IsRefused_AndSoIsAWithheldStart() public {
        ISignedActs.Auth memory withheld = authFor(
            BOB_KEY,
            address(devices),
            "StartRecovery(address owner,address newOwner,uint32 ownerEpoch,",
            abi.encode(alice, newAlice, uint32(1))
        );
        start();
        vm.prank(alice);
        devices.cancelRecovery();
        vm.recordLogs();
        devices.startRecoverySigned(alice, newAlice, 1, withheld);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceOwnerEpochMoved.selector, alice, 1, 2));
        vm.warp(NOW + DELAY);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
    }

    function test_Recovery_CancelledBySignature_IsRefused() public {
        start();
        ISignedActs.Auth memory auth = authFor(ALICE_KEY, address(devices), "CancelRecovery(", "");
        devices.cancelRecoverySigned(auth);
        vm.warp(NOW + DELAY);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
    }

    function test_Recovery_SetToAnotherWhileUnderWay_EndsIt() public {
        start();
        vm.prank(alice);
        devices.setRecovery(address(0), 0, 1);
        vm.warp(NOW + DELAY);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.RecoveryNotAuthorized.selector, alice, bob));
        vm.prank(bob);
        devices.startRecovery(alice, newAlice, 2);
    }

    function test_Recovery_SetWithheldUntilANewerOne_Fails() public {
        string memory structType = "SetRecovery(address recovery,uint32 delaySeconds,uint32 ownerEpoch,";
        bytes memory fields = abi.encode(stranger, uint32(1 days), uint32(1));
        ISignedActs.Auth memory withheld = authFor(ALICE_KEY, address(devices), structType, fields);
        vm.prank(alice);
        devices.setRecovery(bob, 30 days, 1);
        vm.recordLogs();
        devices.setRecoverySigned(stranger, 1 days, 1, withheld);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceOwnerEpochMoved.selector, alice, 1, 2));
        assertEq(devices.holder(alice).recovery, bob, "recovery");
    }

    function test_Recovery_OfAFrozenDevice_MovesItFrozen() public {
        vm.prank(alice);
        devices.freeze(lamp);
        vm.prank(bob);
        devices.startRecovery(alice, newAlice, 2);
        vm.warp(NOW + DELAY);
        devices.finishRecovery(lamp);
        assertEq(devices.ownerOf(uint256(lamp)), newAlice, "owner");
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function test_Recovery_OfADeviceThatWasSold_DoesNotReachIt() public {
        start();
        vm.prank(alice);
        devices.transferFrom(alice, stranger, uint256(lamp));
        vm.warp(NOW + DELAY);
        vm.expectPartialRevert(IDeviceRegistry.RecoveryNotReady.selector);
        devices.finishRecovery(lamp);
    }

    function testFuzz_SetRecovery_DelayOutOfBounds_IsRefused(uint32 delay) public {
        vm.assume(delay < 1 days || delay > 365 days);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.RecoveryDelayRefused.selector, delay, 1 days, 365 days));
        vm.prank(alice);
        devices.setRecovery(bob, delay, 1);
    }
}
