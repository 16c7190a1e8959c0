// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {GasBurner, KeyWallet, Liar} from "./utils/Wallets.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

contract ConsentBondTest is PythiaTest {
    uint96 internal constant BOND = 1 ether;
    uint256 internal constant DELAY = 14 days;

    bytes32 internal lamp;
    IConsentRegistry.Terms internal terms;
    bytes32 internal id;

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
        terms = dataTerms(lamp, service, BOND);
        id = grant(alice, terms);
        vm.deal(service, 10 ether);
        vm.prank(service);
        consents.deposit{value: 3 ether}(service);
    }

    function test_Accept_WithDeposit_LocksTheBond() public {
        acceptAs(service, terms);
        assertEq(consents.depositOf(service), 2 ether, "deposit");
        assertEq(address(consents).balance, 3 ether, "balance");
        vm.expectRevert(
            abi.encodeWithSelector(IConsentRegistry.ConsentDepositTooLow.selector, service, 2 ether, 3 ether)
        );
        vm.prank(service);
        consents.withdraw(payable(service), 3 ether);
    }

    function test_Accept_WithoutDeposit_IsRefused() public {
        vm.prank(service);
        consents.withdraw(payable(service), 2.5 ether);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        bytes32 hash = consents.termsHash(id);
        vm.expectRevert(
            abi.encodeWithSelector(IConsentRegistry.ConsentDepositTooLow.selector, service, 0.5 ether, BOND)
        );
        vm.prank(service);
        consents.accept(key, hash);
    }

    function test_Deposit_ForAnother_IsThatOnes_AndForNobodyIsRefused() public {
        vm.deal(stranger, 1 ether);
        vm.prank(stranger);
        consents.deposit{value: 1 ether}(service);
        assertEq(consents.depositOf(service), 4 ether, "deposit");
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentGranteeRefused.selector, address(0)));
        consents.deposit(address(0));
    }

    function test_Release_BeforeTheEnd_IsRefused() public {
        acceptAs(service, terms);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNotEnded.selector, id));
        consents.releaseBond(key);
        vm.prank(alice);
        devices.freeze(lamp); // a suspension is no end
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNotEnded.selector, id));
        consents.releaseBond(key);
    }

    function released(IConsentRegistry.ConsentKey memory key) internal {
        consents.releaseBond(key);
        uint256 ready = consents.bondReleasableAt(id);
        assertEq(ready, block.timestamp + DELAY, "releasable at");
        vm.warp(ready - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IConsentRegistry.ConsentBondNotReleasable.selector, id, ready - 1, ready)
        );
        consents.releaseBond(key);
        vm.warp(ready);
        consents.releaseBond(key);
        assertEq(consents.depositOf(service), 3 ether, "deposit");
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNoBond.selector, id));
        consents.releaseBond(key);
    }

    function test_Release_AfterRevoke_TakesTheDelay() public {
        acceptAs(service, terms);
        vm.prank(alice);
        consents.revoke(lamp, service, READ);
        released(keyOf(terms));
    }

    function test_Release_AfterRevokeGrantee_TakesTheDelay() public {
        acceptAs(service, terms);
        vm.prank(alice);
        consents.revokeGrantee(service);
        released(keyOf(terms));
    }

    function test_Release_AfterASale_TakesTheDelay() public {
        acceptAs(service, terms);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        released(key);
    }

    function test_Release_AfterRetirement_TakesTheDelay() public {
        acceptAs(service, terms);
        vm.prank(alice);
        devices.retire(lamp, 1);
        released(keyOf(terms));
    }

    function test_Release_AfterTheWindow_TakesTheDelay() public {
        vm.prank(alice);
        consents.revoke(lamp, service, READ);
        terms.notAfter = uint40(LATER);
        grant(alice, terms);
        acceptAs(service, terms);
        vm.warp(LATER);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNotEnded.selector, id));
        consents.releaseBond(key);
        vm.warp(LATER + 1);
        released(key);
    }

    function test_Release_OfAnOfferOrNothing_IsRefused() public {
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNoBond.selector, id));
        consents.releaseBond(key);
        vm.prank(alice);
        consents.revoke(lamp, service, READ); // the offer's bond was never locked
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNoBond.selector, id));
        consents.releaseBond(key);
    }

    function test_Grant_OverALockedBond_IsRefusedUntilReleased() public {
        acceptAs(service, terms);
        vm.prank(alice);
        consents.revoke(lamp, service, READ);
        grantRefused(alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentExists.selector, id, 3));
        released(keyOf(terms));
        grant(alice, terms);
        acceptAs(service, terms);
        assertEq(consents.depositOf(service), 2 ether, "deposit");
        assertEq(consents.bondReleasableAt(id), 0, "the old release says nothing about the new bond");
    }

    function test_Withdraw_Signed_PaysWhomTheGranteeNames() public {
        ISignedActs.Auth memory auth = withdrawAuth(bob, 1 ether);
        vm.prank(stranger);
        consents.withdrawSigned(payable(bob), 1 ether, auth);
        assertEq(bob.balance, 1 ether, "Bob's balance");
        assertEq(consents.depositOf(service), 2 ether, "deposit");
    }

    function test_Withdraw_SignedToAnother_IsRefused() public {
        ISignedActs.Auth memory auth = withdrawAuth(bob, 1 ether);
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        consents.withdrawSigned(payable(stranger), 1 ether, auth);
    }

    function test_Withdraw_ToOneThatRefuses_FailsAndKeepsTheDeposit() public {
        address payable[2] memory refusing = [payable(address(new GasBurner())), payable(address(new Liar()))];
        for (uint256 i = 0; i < 2; ++i) {
            ISignedActs.Auth memory auth = withdrawAuth(refusing[i], 1 ether);
            vm.recordLogs();
            consents.withdrawSigned(refusing[i], 1 ether, auth);
            expectOutcome(
                false, abi.encodeWithSelector(IConsentRegistry.ConsentPaymentFailed.selector, refusing[i], 1 ether)
            );
            assertEq(consents.depositOf(service), 3 ether, "deposit");
        }
    }

    function test_Withdraw_Reentered_PaysOnce() public {
        Reenterer thief = new Reenterer(consents);
        vm.deal(address(thief), 1 ether);
        thief.deposit();
        thief.withdraw();
        assertEq(address(thief).balance, 1 ether, "thief's balance");
        assertEq(address(consents).balance, 3 ether, "balance");
    }

    function testFuzz_Withdraw_WithAnyGas_IsRefusedWholeOrPaid(uint256 gas_) public {
        address payable wallet = payable(address(new KeyWallet(bob)));
        ISignedActs.Auth memory auth = withdrawAuth(wallet, 1 ether);
        gas_ = 20_000 + (gas_ % 400_000);
        bytes memory data = abi.encodeCall(consents.withdrawSigned, (wallet, 1 ether, auth));
        (bool success,) = address(consents).call{gas: gas_}(data);
        assertEq(wallet.balance, success ? 1 ether : 0, "wallet's balance");
        assertEq(consents.nonces(service), success ? 1 : 0, "nonce");
    }

    function withdrawAuth(address to, uint256 amount) internal view returns (ISignedActs.Auth memory) {
        bytes memory fields = abi.encode(to, amount);
        return authFor(SERVICE_KEY, address(consents), "Withdraw(address to,uint256 amountWei,", fields);
    }
}

contract Reenterer {
    IConsentRegistry private immutable consents;

    constructor(IConsentRegistry consents_) {
        consents = consents_;
    }

    function deposit() external {
        consents.deposit{value: 1 ether}(address(this));
    }

    function withdraw() external {
        consents.withdraw(payable(address(this)), 1 ether);
    }

    receive() external payable {
        try consents.withdraw(payable(address(this)), 1 ether) {} catch {}
    }
}
