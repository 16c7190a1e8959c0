// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {DeviceRegistry} from "./utils/Deployed.sol";
import {GasBurner, KeyWallet, Mumbler, Refuser} from "./utils/Wallets.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

/// @dev What holds for every signed act, shown on Freeze: it starts true, and one thing is changed.
contract SignedActsTest is PythiaTest {
    string internal constant FREEZE_TYPE = "Freeze(bytes32 deviceId,";

    bytes32 internal lamp;

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
    }

    function freezeAuth(uint256 key) internal view returns (ISignedActs.Auth memory) {
        return authFor(key, address(devices), FREEZE_TYPE, abi.encode(lamp));
    }

    function test_Signed_ByTheOwner_IsCarriedOutWithItsDigest() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        bytes32 digest = digestOf(address(devices), FREEZE_TYPE, abi.encode(lamp), alice, 0, LATER);
        vm.expectEmit(address(devices));
        emit IDeviceRegistry.DeviceFrozen(lamp, alice);
        vm.expectEmit(address(devices));
        emit ISignedActs.IntentCarriedOut(digest, alice);
        vm.prank(stranger);
        devices.freezeSigned(lamp, auth);
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function test_Signed_ByAnotherKey_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(STRANGER_KEY);
        auth.signer = alice;
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_ByAStrangerForItself_FailsForGoodAndChangesNothing() public {
        ISignedActs.Auth memory auth = freezeAuth(STRANGER_KEY);
        vm.recordLogs();
        devices.freezeSigned(lamp, auth);
        expectOutcome(false, abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, lamp, stranger, alice));
        assertEq(devices.device(lamp).status, 1, "status");
        assertEq(devices.nonces(stranger), 1, "nonce is consumed");
    }

    function test_Signed_SignerOfZero_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        auth.signer = address(0);
        auth.signature = new bytes(65);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_SignerIsTheRegistryItself_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        auth.signer = address(devices);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_Replayed_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        devices.freezeSigned(lamp, auth);
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, alice, 1));
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_ReplayedAfterAFailure_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.prank(alice);
        devices.freeze(lamp);
        devices.freezeSigned(lamp, auth); // fails: it is frozen already
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, alice, 1));
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_AheadOfItsTurn_IsRefused() public {
        bytes memory fields = abi.encode(lamp);
        bytes32 digest = digestOf(address(devices), FREEZE_TYPE, fields, alice, 1, LATER);
        ISignedActs.Auth memory auth = ISignedActs.Auth(alice, 1, LATER, signDigest(ALICE_KEY, digest));
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, alice, 0));
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_OtherNonceKey_DoesNotWaitForTheFirst() public {
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, alice, 77, LATER, address(devices), FREEZE_TYPE, abi.encode(lamp));
        devices.freezeSigned(lamp, auth);
        assertEq(devices.device(lamp).status, 2, "status");
        assertEq(devices.nonces(alice), 0, "nonce of key 0");
        assertEq(devices.nonces(alice, 77), (77 << 64) | 1, "nonce of key 77");
    }

    function test_Signed_AtTheDeadline_IsCarriedOut_AndRefusedAfterIt() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.warp(LATER + 1);
        vm.expectRevert(abi.encodeWithSelector(ISignedActs.SignedActExpired.selector, LATER + 1, LATER));
        devices.freezeSigned(lamp, auth);
        vm.warp(LATER);
        devices.freezeSigned(lamp, auth);
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function test_Signed_LongerDeadlineThanSigned_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        auth.deadline = LATER + 1;
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_ForAnotherChain_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_ForAnotherContractOfTheSameCode_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        DeviceRegistry other = DeviceRegistry(deploy("DeviceRegistry", ""));
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        other.freezeSigned(lamp, auth);
    }

    function test_Signed_ForAnotherAct_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY); // the same fields as EndConsents
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.endConsentsSigned(lamp, auth);
    }

    function test_Signed_ForAnotherDevice_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned("another", auth);
    }

    function test_Signed_WithHighS_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        bytes32 digest = digestOf(address(devices), FREEZE_TYPE, abi.encode(lamp), alice, 0, LATER);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ALICE_KEY, digest);
        auth.signature = abi.encodePacked(r, SECP256K1_N - uint256(s), v == 27 ? uint8(28) : uint8(27));
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Signed_With64Or66Bytes_IsRefused() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        auth.signature = bytes.concat(auth.signature, hex"00");
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
        auth.signature = new bytes(64);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function testFuzz_Signed_OneByteOfTheSignatureChanged_IsRefused(uint8 position, uint8 change) public {
        vm.assume(change != 0);
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        auth.signature[position % 65] = bytes1(uint8(auth.signature[position % 65]) ^ change);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function testFuzz_Signed_WithAnyGas_IsRefusedWholeOrCarriedOut(uint256 gas_) public {
        // Nobody can make it fail by giving it little gas.
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        gas_ = 20_000 + (gas_ % 300_000);
        (bool success,) = address(devices).call{gas: gas_}(abi.encodeCall(devices.freezeSigned, (lamp, auth)));
        assertEq(devices.device(lamp).status, success ? 2 : 1, "status");
        assertEq(devices.nonces(alice), success ? 1 : 0, "nonce");
    }

    function test_Cancel_ByTheSigner_EndsAWithheldIntent() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.prank(alice);
        devices.cancelIntent(auth.nonce);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, alice, 1));
        devices.freezeSigned(lamp, auth);
    }

    function test_Cancel_ByAnother_DoesNotTouchTheSignersNonce() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.prank(stranger);
        devices.cancelIntent(0);
        devices.freezeSigned(lamp, auth);
        assertEq(devices.device(lamp).status, 2, "status");
    }

    // ---- The signer's word by other ways than its own key

    function walletWithLamp(address wallet) internal {
        vm.prank(alice);
        devices.transferFrom(alice, wallet, uint256(lamp));
    }

    function walletAuth(uint256 key, address wallet) internal view returns (ISignedActs.Auth memory) {
        return authFor(key, wallet, 0, LATER, address(devices), FREEZE_TYPE, abi.encode(lamp));
    }

    function test_Wallet_ThatAccepts_ActsByItsKey() public {
        address wallet = address(new KeyWallet(bob));
        walletWithLamp(wallet);
        devices.freezeSigned(lamp, walletAuth(BOB_KEY, wallet));
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function test_Wallet_ThatRefuses_IsRefused() public {
        address wallet = address(new KeyWallet(bob));
        walletWithLamp(wallet);
        ISignedActs.Auth memory auth = walletAuth(STRANGER_KEY, wallet);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        devices.freezeSigned(lamp, auth);
    }

    function test_Wallet_ThatBurnsGas_IsRefusedAtTheCap() public {
        address wallet = address(new GasBurner());
        walletWithLamp(wallet);
        ISignedActs.Auth memory auth = walletAuth(BOB_KEY, wallet);
        uint256 before = gasleft();
        (bool success,) = address(devices).call(abi.encodeCall(devices.freezeSigned, (lamp, auth)));
        assertTrue(!success, "refused");
        assertTrue(before - gasleft() < 240_000, "at most the cap of 200,000 and the call around it");
    }

    function test_Wallet_ThatRevertsWithTheMagicValueOrGivesFourBytes_IsRefused() public {
        for (uint256 i = 0; i < 2; ++i) {
            address wallet = address(new Mumbler(i == 0));
            ISignedActs.Auth memory auth = walletAuth(BOB_KEY, wallet);
            vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
            devices.freezeSigned(lamp, auth);
        }
    }

    function test_Delegated_AccountWhoseCodeRefuses_StillActsByItsKey() public {
        ISignedActs.Auth memory auth = freezeAuth(ALICE_KEY);
        vm.etch(alice, address(new Refuser()).code); // EIP-7702
        devices.freezeSigned(lamp, auth);
        assertEq(devices.device(lamp).status, 2, "status");
    }

    function test_Signed_CalldataSuffixInADirectCall_IsNotTheActor() public {
        // Only a self-call names its actor behind the call data.
        bytes memory forged = abi.encodePacked(abi.encodeCall(devices.freeze, (lamp)), alice);
        vm.prank(stranger);
        (bool success, bytes memory reason) = address(devices).call(forged);
        assertTrue(!success, "refused");
        assertEq(bytes4(reason), bytes32(IDeviceRegistry.DeviceNotOwner.selector), "reason");
    }

    function test_Signed_CalldataSuffixBehindAMulticall_IsNotTheActor() public {
        bytes[] memory acts = new bytes[](1);
        acts[0] = abi.encodePacked(abi.encodeCall(devices.freeze, (lamp)), alice);
        bytes memory forged = abi.encodePacked(abi.encodeCall(devices.multicall, (acts)), alice);
        vm.prank(stranger);
        (bool success, bytes memory reason) = address(devices).call(forged);
        assertTrue(!success, "refused");
        bytes memory expected = abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, lamp, stranger, alice);
        assertEq(keccak256(reason), keccak256(expected), "hash of the reason");
    }

    function test_Multicall_OfASignedAct_IsTheSignersAndNotTheCallers() public {
        bytes[] memory acts = new bytes[](2);
        acts[0] = abi.encodeCall(devices.freezeSigned, (lamp, freezeAuth(ALICE_KEY)));
        acts[1] = abi.encodeCall(devices.unfreeze, (lamp, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceNotOwner.selector, lamp, stranger, alice));
        vm.prank(stranger);
        devices.multicall(acts);
        vm.prank(alice);
        devices.multicall(acts);
        assertEq(devices.device(lamp).status, 1, "frozen by signature, unfrozen by the caller");
        assertEq(devices.nonces(alice), 1, "nonce");
    }
}
