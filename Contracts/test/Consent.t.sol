// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

contract ConsentTest is PythiaTest {
    bytes32 internal lamp;

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
    }

    function epochsNow() internal view returns (IConsentRegistry.Epochs memory) {
        return consents.epochsOf(lamp);
    }

    function expectEpochMoved(IConsentRegistry.Epochs memory signed) internal {
        expectOutcome(false, abi.encodeWithSelector(IConsentRegistry.ConsentEpochMoved.selector, signed, epochsNow()));
    }

    // ---- Grant and accept

    function test_Grant_Command_IsActiveAtOnce() public {
        bytes32 id = grant(alice, commandTerms(lamp, service));
        assertEq(id, keccak256(abi.encode(lamp, uint64(1), service, OPEN)), "id");
        assertEq(consents.consent(id).status, 2, "status");
        assertTrue(consents.isActive(lamp, service, OPEN), "active");
        assertTrue(!consents.isActive(lamp, stranger, OPEN), "no one else's");
        assertTrue(!consents.isActive(lamp, service, READ), "no other scope");
    }

    function test_Grant_Data_IsAnOfferUntilAccepted() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        bytes32 id = grant(alice, terms);
        assertEq(consents.consent(id).status, 1, "offered");
        assertTrue(!consents.isActive(lamp, service, READ), "not active");
        acceptAs(service, terms);
        assertEq(consents.consent(id).status, 2, "active");
        assertTrue(consents.isActive(lamp, service, READ), "active");
    }

    function test_IsActive_OnlyInItsWindow() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        terms.notBefore = uint40(NOW + 10);
        terms.notAfter = uint40(NOW + 20);
        grant(alice, terms);
        assertTrue(!consents.isActive(lamp, service, OPEN), "before");
        vm.warp(NOW + 10);
        assertTrue(consents.isActive(lamp, service, OPEN), "first second");
        vm.warp(NOW + 20);
        assertTrue(consents.isActive(lamp, service, OPEN), "last second");
        vm.warp(NOW + 21);
        assertTrue(!consents.isActive(lamp, service, OPEN), "after");
    }

    function test_Grant_ByAnotherThanTheOwner_IsRefused() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        grantRefused(
            stranger, terms, abi.encodeWithSelector(IConsentRegistry.ConsentNotOwner.selector, lamp, stranger, alice)
        );
        terms.deviceId = "nobody's";
        grantRefused(
            alice,
            terms,
            abi.encodeWithSelector(IConsentRegistry.ConsentNotOwner.selector, terms.deviceId, alice, address(0))
        );
    }

    function test_Grant_TermsOutOfForm_AreRefused() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        terms.kind = 3;
        grantRefused(alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentKindRefused.selector, 3));

        terms = commandTerms(lamp, address(0));
        grantRefused(alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentGranteeRefused.selector, address(0)));

        terms = commandTerms(lamp, service);
        terms.notAfter = uint40(NOW - 1);
        grantRefused(
            alice,
            terms,
            abi.encodeWithSelector(IConsentRegistry.ConsentWindowRefused.selector, terms.notBefore, terms.notAfter, NOW)
        );

        terms.notBefore = uint40(NOW + 2);
        terms.notAfter = uint40(NOW + 1);
        grantRefused(
            alice,
            terms,
            abi.encodeWithSelector(IConsentRegistry.ConsentWindowRefused.selector, terms.notBefore, terms.notAfter, NOW)
        );
    }

    function test_Grant_UnderNoOrADeprecatedPolicy_IsRefused() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        policies.deprecate(terms.policy);
        grantRefused(
            alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentPolicyRefused.selector, terms.policy, 2)
        );
        terms.policy = 0;
        grantRefused(
            alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentPolicyRefused.selector, bytes32(0), 0)
        );
        terms = commandTerms(lamp, service);
        terms.policy = "unknown";
        grantRefused(
            alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentPolicyRefused.selector, terms.policy, 0)
        );
    }

    function test_Grant_OverALivingOne_IsRefused() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        bytes32 id = grant(alice, terms);
        grantRefused(alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentExists.selector, id, 1));
        acceptAs(service, terms);
        grantRefused(alice, terms, abi.encodeWithSelector(IConsentRegistry.ConsentExists.selector, id, 2));
    }

    function test_Grant_AgainAfterTheEnd_Lives() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        grant(alice, terms);
        vm.prank(alice);
        consents.revoke(lamp, service, OPEN);
        grant(alice, terms);
        assertTrue(consents.isActive(lamp, service, OPEN), "after revoke");
        vm.prank(alice);
        consents.revokeGrantee(service);
        grant(alice, terms);
        assertTrue(consents.isActive(lamp, service, OPEN), "after revokeGrantee");
        vm.warp(LATER + 1);
        terms.notAfter = uint40(LATER + 2);
        grant(alice, terms);
        assertTrue(consents.isActive(lamp, service, OPEN), "after its window");
    }

    function test_Grant_OnAFrozenOrRetiredDevice_IsRefused() public {
        vm.prank(alice);
        devices.freeze(lamp);
        grantRefused(
            alice,
            commandTerms(lamp, service),
            abi.encodeWithSelector(IConsentRegistry.ConsentDeviceNotActive.selector, lamp, 2)
        );
    }

    function test_Accept_ByAnother_IsRefused() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        grant(alice, terms);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNotGrantee.selector, stranger, service));
        vm.prank(stranger);
        consents.accept(key, 0);
    }

    function test_Accept_TermsThatWereExchanged_IsRefused() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        bytes32 id = grant(alice, terms);
        bytes32 seen = consents.termsHash(id);
        vm.prank(alice);
        consents.revoke(lamp, service, READ);
        grant(alice, terms); // the very same terms, of a later grant epoch
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.expectRevert(
            abi.encodeWithSelector(IConsentRegistry.ConsentTermsMismatch.selector, id, seen, consents.termsHash(id))
        );
        vm.prank(service);
        consents.accept(key, seen);
    }

    function test_Accept_WhatHasEnded_IsRefused() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        terms.notAfter = uint40(LATER);
        bytes32 id = grant(alice, terms);
        bytes32 hash = consents.termsHash(id);
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        bytes memory refusal = abi.encodeWithSelector(IConsentRegistry.ConsentNotOffered.selector, id, 1);

        vm.warp(LATER + 1);
        vm.expectRevert(refusal);
        vm.prank(service);
        consents.accept(key, hash);

        vm.warp(NOW);
        vm.prank(alice);
        devices.freeze(lamp);
        vm.expectRevert(refusal);
        vm.prank(service);
        consents.accept(key, hash);

        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        vm.prank(alice);
        consents.revokeGrantee(service);
        vm.expectRevert(refusal);
        vm.prank(service);
        consents.accept(key, hash);
    }

    function test_AcceptSigned_CarriedByAnybody_IsTheGrantees() public {
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 0);
        bytes32 hash = consents.termsHash(grant(alice, terms));
        ISignedActs.Auth memory auth = authFor(
            SERVICE_KEY,
            address(consents),
            "Accept(bytes32 deviceId,uint64 deviceEpoch,bytes32 scope,bytes32 termsHash,",
            abi.encode(lamp, uint64(1), READ, hash)
        );
        IConsentRegistry.ConsentKey memory key = keyOf(terms);
        vm.prank(stranger);
        consents.acceptSigned(key, hash, auth);
        assertTrue(consents.isActive(lamp, service, READ), "active");
    }

    // ---- Revoke

    function test_Revoke_One_EndsItAndNoOther() public {
        grant(alice, commandTerms(lamp, service));
        grant(alice, commandTerms(lamp, bob));
        vm.prank(alice);
        consents.revoke(lamp, service, OPEN);
        assertTrue(!consents.isActive(lamp, service, OPEN), "service's");
        assertTrue(consents.isActive(lamp, bob, OPEN), "Bob's");
        assertEq(consents.grantEpoch(alice), 1, "grant epoch");
    }

    function test_Revoke_ByAnother_IsRefused() public {
        grant(alice, commandTerms(lamp, service));
        vm.expectRevert(abi.encodeWithSelector(IConsentRegistry.ConsentNotOwner.selector, lamp, service, alice));
        vm.prank(service);
        consents.revoke(lamp, service, OPEN);
    }

    function test_RevokeGrantee_EndsAllItsConsentsOnEveryDevice() public {
        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        grant(alice, commandTerms(lamp, service));
        grant(alice, commandTerms(lock, service));
        grant(alice, commandTerms(lock, bob));
        vm.prank(alice);
        consents.revokeGrantee(service);
        assertTrue(!consents.isActive(lamp, service, OPEN), "lamp");
        assertTrue(!consents.isActive(lock, service, OPEN), "lock");
        assertTrue(consents.isActive(lock, bob, OPEN), "Bob's");
    }

    function test_RevokeGrantee_ByAnother_TouchesOnlyItsOwn() public {
        grant(alice, commandTerms(lamp, service));
        vm.prank(stranger);
        consents.revokeGrantee(service);
        assertTrue(consents.isActive(lamp, service, OPEN), "active");
    }

    function test_RevokeAll_InSteps_EndsEverything() public {
        address[5] memory grantees = [service, bob, stranger, maker, vm.addr(77)];
        for (uint256 i = 0; i < 5; ++i) {
            grant(alice, commandTerms(lamp, grantees[i]));
        }
        assertEq(consents.granterOf(alice).listed, 5, "listed");

        vm.expectEmit(address(consents));
        emit IConsentRegistry.AllRevoked(alice, 1, 3);
        vm.prank(alice);
        consents.revokeAll(2);
        assertTrue(!consents.isActive(lamp, grantees[4], OPEN), "the latest went first");
        assertTrue(consents.isActive(lamp, grantees[0], OPEN), "the first is still there");

        vm.expectEmit(address(consents));
        emit IConsentRegistry.AllRevoked(alice, 2, 0);
        vm.prank(alice);
        consents.revokeAll(100);
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(!consents.isActive(lamp, grantees[i], OPEN), "each");
        }

        grant(alice, commandTerms(lamp, service)); // listed again
        assertEq(consents.granterOf(alice).listed, 1, "listed");
        vm.prank(alice);
        consents.revokeAll(100);
        assertTrue(!consents.isActive(lamp, service, OPEN), "again");
    }

    function test_RevokeAllSigned_ManyGrantees_FitsItsGas() public {
        for (uint160 i = 1; i <= 60; ++i) {
            grant(alice, commandTerms(lamp, address(i)));
        }
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(consents), "RevokeAll(uint32 max,", abi.encode(type(uint32).max));
        vm.recordLogs();
        consents.revokeAllSigned(type(uint32).max, auth);
        expectOutcome(true, "");
        assertEq(consents.granterOf(alice).listed, 0, "listed");
    }

    function test_RevokeAll_GrantsBetweenItsSteps_EndWithTheSteps() public {
        address[3] memory grantees = [service, bob, maker];
        for (uint256 i = 0; i < 3; ++i) {
            grant(alice, commandTerms(lamp, grantees[i]));
        }
        vm.prank(alice);
        consents.revokeAll(1); // maker, the latest
        grant(alice, commandTerms(lamp, maker)); // listed again, before the two that remain
        grant(alice, commandTerms(lamp, stranger)); // new
        assertEq(consents.granterOf(alice).listed, 4, "listed");
        assertTrue(consents.isActive(lamp, maker, OPEN), "granted after its step");
        vm.prank(alice);
        consents.revokeGrantee(bob); // stays listed, inside
        uint256 steps;
        for (; consents.granterOf(alice).first != address(0); ++steps) {
            vm.prank(alice);
            consents.revokeAll(1);
        }
        assertEq(steps, 4, "steps");
        assertEq(consents.granterOf(alice).listed, 0, "listed");
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(!consents.isActive(lamp, grantees[i], OPEN), "each");
        }
        assertTrue(!consents.isActive(lamp, stranger, OPEN), "the new one");
    }

    function test_RevokeAllSigned_MoreGranteesThanATransactionHolds_TakesAStep() public {
        for (uint160 i = 1; i <= 1200; ++i) {
            grant(alice, commandTerms(lamp, address(i)));
        }
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(consents), "RevokeAll(uint32 max,", abi.encode(type(uint32).max));
        vm.recordLogs();
        consents.revokeAllSigned{gas: 1 << 24}(type(uint32).max, auth); // the most of a transaction, EIP-7825
        expectOutcome(true, "");
        assertEq(consents.granterOf(alice).listed, 700, "listed");
        vm.prank(alice);
        consents.revokeAll(type(uint32).max);
        vm.prank(alice);
        consents.revokeAll(type(uint32).max);
        assertEq(consents.granterOf(alice).listed, 0, "listed");
        assertTrue(!consents.isActive(lamp, address(1), OPEN), "the first");
    }

    function test_Transfer_EndsConsents_AlsoWhenTheDeviceComesBack() public {
        grant(alice, commandTerms(lamp, service));
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        assertTrue(!consents.isActive(lamp, service, OPEN), "at Bob's");
        vm.prank(bob);
        devices.transferFrom(bob, alice, uint256(lamp));
        assertTrue(!consents.isActive(lamp, service, OPEN), "back at Alice's");
    }

    function test_EndConsents_EndsAllOfTheDevice() public {
        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        grant(alice, commandTerms(lamp, service));
        grant(alice, commandTerms(lock, service));
        vm.prank(alice);
        devices.endConsents(lamp);
        assertTrue(!consents.isActive(lamp, service, OPEN), "lamp");
        assertTrue(consents.isActive(lock, service, OPEN), "lock");
    }

    function test_Freeze_Suspends_AndUnfreezeResumes() public {
        grant(alice, commandTerms(lamp, service));
        vm.prank(alice);
        devices.freeze(lamp);
        assertTrue(!consents.isActive(lamp, service, OPEN), "frozen");
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        assertTrue(consents.isActive(lamp, service, OPEN), "unfrozen");
    }

    // ---- A grant that the relayer withholds dies with whatever the owner takes back next

    function withheldGrant(function() internal takeBack) internal {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        IConsentRegistry.Epochs memory signed = epochsNow();
        ISignedActs.Auth memory auth = grantAuth(ALICE_KEY, terms, signed);
        takeBack();
        vm.recordLogs();
        consents.grantSigned(terms, signed, auth);
        expectEpochMoved(signed);
        assertTrue(!consents.isActive(lamp, service, OPEN), "not active");
    }

    function revokeTheWithheldOne() internal {
        vm.prank(alice);
        consents.revoke(lamp, service, OPEN); // there is nothing on the chain to revoke yet
    }

    function revokeTheGrantee() internal {
        vm.prank(alice);
        consents.revokeGrantee(service);
    }

    function revokeEverything() internal {
        vm.prank(alice);
        consents.revokeAll(10);
    }

    function endConsentsOfTheDevice() internal {
        vm.prank(alice);
        devices.endConsents(lamp);
    }

    function endConsentsOfAnotherDevice() internal {
        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        vm.prank(alice);
        devices.endConsents(lock);
    }

    function sellAndBuyBack() internal {
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        vm.prank(bob);
        devices.transferFrom(bob, alice, uint256(lamp));
    }

    function test_WithheldGrant_AfterRevoke_Fails() public {
        withheldGrant(revokeTheWithheldOne);
    }

    function test_WithheldGrant_AfterRevokeGrantee_Fails() public {
        withheldGrant(revokeTheGrantee);
    }

    function test_WithheldGrant_AfterRevokeAll_Fails() public {
        withheldGrant(revokeEverything);
    }

    function test_WithheldGrant_AfterEndConsents_Fails() public {
        withheldGrant(endConsentsOfTheDevice);
    }

    function test_WithheldGrant_AfterEndConsentsOfAnotherDevice_Fails() public {
        withheldGrant(endConsentsOfAnotherDevice);
    }

    function test_WithheldGrant_AfterSaleAndReturn_Fails() public {
        withheldGrant(sellAndBuyBack);
    }

    function test_GrantSigned_InTime_IsCarriedOut() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        ISignedActs.Auth memory auth = grantAuth(ALICE_KEY, terms, epochsNow());
        vm.recordLogs();
        consents.grantSigned(terms, epochsNow(), auth);
        expectOutcome(true, "");
        assertTrue(consents.isActive(lamp, service, OPEN), "active");
    }

    function test_GrantSigned_AnyTermChanged_IsRefused() public {
        IConsentRegistry.Terms memory terms = commandTerms(lamp, service);
        IConsentRegistry.Epochs memory signed = epochsNow();
        ISignedActs.Auth memory auth = grantAuth(ALICE_KEY, terms, signed);
        for (uint256 word = 0; word < 11; ++word) {
            // The call data: selector, 8 words of terms, 3 of epochs, the offset of auth.
            bytes memory data = abi.encodeCall(consents.grantSigned, (terms, signed, auth));
            uint256 last = 4 + 32 * word + 31;
            data[last] = bytes1(uint8(data[last]) ^ 1);
            (bool success, bytes memory reason) = address(consents).call(data);
            assertTrue(!success, "refused");
            assertEq(bytes4(reason), bytes32(ISignedActs.SignedActInvalidSignature.selector), "reason");
        }
    }

    function test_RevokeSigned_AfterOtherRevocations_StillWorks() public {
        // Taking back carries no counters: nothing can make it fail.
        grant(alice, commandTerms(lamp, service));
        ISignedActs.Auth memory auth = authFor(
            ALICE_KEY,
            address(consents),
            "Revoke(bytes32 deviceId,address grantee,bytes32 scope,",
            abi.encode(lamp, service, OPEN)
        );
        vm.prank(alice);
        consents.revokeGrantee(bob);
        consents.revokeSigned(lamp, service, OPEN, auth);
        assertTrue(!consents.isActive(lamp, service, OPEN), "revoked");
    }

    function test_RevokeGranteeSigned_ByTheOwner_Works() public {
        grant(alice, commandTerms(lamp, service));
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(consents), "RevokeGrantee(address grantee,", abi.encode(service));
        consents.revokeGranteeSigned(service, auth);
        assertTrue(!consents.isActive(lamp, service, OPEN), "revoked");
    }
}
