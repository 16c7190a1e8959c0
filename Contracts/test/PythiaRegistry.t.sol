// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {IRelay} from "../src/interfaces/IRelay.sol";
import {EndorsersTest} from "./utils/EndorsersTest.sol";
import {PythiaRegistry} from "./utils/Deployed.sol";
import {KeyWallet, Refuser} from "./utils/Wallets.sol";

contract PythiaRegistryTest is EndorsersTest {
    bytes32 internal constant OTHER = keccak256("other");

    // ---- Endorsers

    function test_Endorsers_AsDeployed() public view {
        (address[] memory members, uint8 threshold, uint32 version) = registry.endorsers();
        assertEq(members.length, 5, "members");
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(members[i], vm.addr(endorserKeys[i]), "member");
        }
        assertEq(threshold, THRESHOLD, "threshold");
        assertEq(version, 1, "version");
    }

    function test_Deploy_InvalidSets_AreRefused() public {
        address[] memory members = addressesOf(endorserKeys);
        refusedSet(members, 0);
        refusedSet(members, 6);
        refusedSet(new address[](0), 0);
        members[1] = members[0]; // twice
        refusedSet(members, 3);
        members[0] = address(0);
        refusedSet(members, 3);
        refusedSet(addressesOf(ascendingKeys(100, 17)), 3);
        deployRegistry(addressesOf(ascendingKeys(100, 16)), 16);
    }

    function refusedSet(address[] memory members, uint8 threshold) internal {
        try this.tryDeploy(members, threshold) {
            revert("deployed");
        } catch {}
    }

    function tryDeploy(address[] memory members, uint8 threshold) external {
        deployRegistry(members, threshold);
    }

    function test_EndorserSet_ItsAccount_CantBeRun() public {
        // The account after the registry's creation: its first one.
        address stored = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(registry), hex"01")))));
        assertEq(stored.code.length, 3 + 5 * 20, "bytes");
        (bool success, bytes memory answer) = stored.call(hex"01");
        assertTrue(success && answer.length == 0, "stops at once");
    }

    function test_Endorsements_TooFew_AreRefused() public {
        bytes32 digest = digestOf(ENDORSE_MEASUREMENT, abi.encode(OTHER, uint32(2), LATER));
        bytes memory two = bytes.concat(
            endorsement(0, signDigest(endorserKeys[0], digest)), endorsement(3, signDigest(endorserKeys[3], digest))
        );
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.EndorsementsTooFew.selector, 2, 3));
        registry.endorseMeasurement(OTHER, 2, LATER, two);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.EndorsementsTooFew.selector, 0, 3));
        registry.endorseMeasurement(OTHER, 2, LATER, "");
    }

    function test_Endorsements_CutAnywhere_AreRefused() public {
        bytes memory whole = endorsed(ENDORSE_MEASUREMENT, abi.encode(OTHER, uint32(2), LATER));
        for (uint256 length = 0; length < whole.length; ++length) {
            bytes memory cut = bytes.concat(whole);
            assembly {
                mstore(cut, length)
            }
            bytes memory reason = length % 68 == 0
                ? abi.encodeWithSelector(IPythiaRegistry.EndorsementsTooFew.selector, length / 68, 3)
                : abi.encodeWithSelector(IPythiaRegistry.EndorsementsMalformed.selector, length - length % 68);
            vm.expectRevert(reason);
            registry.endorseMeasurement(OTHER, 2, LATER, cut);
        }
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.EndorsementsMalformed.selector, 204));
        registry.endorseMeasurement(OTHER, 2, LATER, bytes.concat(whole, hex"04"));
    }

    function test_Endorsements_OneTwiceOrNotAscending_AreRefused() public {
        bytes memory fields = abi.encode(OTHER, uint32(2), LATER);
        refusedOrder(fields, [0, 0, 1], 0);
        refusedOrder(fields, [0, 2, 2], 2);
        refusedOrder(fields, [2, 1, 0], 1);
        refusedOrder(fields, [0, 1, 5], 5);
        registry.endorseMeasurement(OTHER, 2, LATER, endorsedBy(ENDORSE_MEASUREMENT, fields, [1, 3, 4]));
    }

    function refusedOrder(bytes memory fields, uint8[3] memory who, uint256 refused) internal {
        bytes memory endorsements = endorsedBy(ENDORSE_MEASUREMENT, fields, who);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.EndorserOutOfOrder.selector, refused));
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
    }

    function test_Endorsements_OneOfAnotherAct_AreRefused() public {
        bytes memory fields = abi.encode(OTHER, uint32(2), LATER);
        bytes32 digest = digestOf(ENDORSE_MEASUREMENT, fields);
        bytes32 other = digestOf(ENDORSE_CONFIGURATION, fields);
        bytes memory endorsements = bytes.concat(
            endorsement(0, signDigest(endorserKeys[0], digest)),
            endorsement(1, signDigest(endorserKeys[1], other)),
            endorsement(2, signDigest(endorserKeys[2], digest))
        );
        bytes memory reason = abi.encodeWithSelector(
            IPythiaRegistry.EndorsementInvalid.selector, vm.addr(endorserKeys[1]), digestOf(ENDORSE_MEASUREMENT, fields)
        );
        vm.expectRevert(reason);
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.endorseConfiguration(OTHER, 2, LATER, endorsed(ENDORSE_MEASUREMENT, fields));
    }

    function test_Endorsements_AtTheDeadline_AndASecondLater() public {
        bytes memory endorsements = endorsed(ENDORSE_MEASUREMENT, abi.encode(OTHER, uint32(2), LATER));
        vm.warp(LATER + 1);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.EndorsementExpired.selector, LATER + 1, LATER));
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
        vm.warp(LATER);
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
    }

    function test_Endorser_WithAWalletContract_SignsByIt() public {
        // An endorser that is a wallet contract with one key; and one whose code refuses all, but whose key signed.
        vm.etch(vm.addr(endorserKeys[0]), address(new KeyWallet(stranger)).code);
        vm.etch(vm.addr(endorserKeys[1]), address(new Refuser()).code);
        bytes memory fields = abi.encode(OTHER, uint32(2), LATER);
        bytes32 digest = digestOf(ENDORSE_MEASUREMENT, fields);
        bytes memory endorsements = bytes.concat(
            endorsement(0, signDigest(STRANGER_KEY, digest)),
            endorsement(1, signDigest(endorserKeys[1], digest)),
            endorsement(2, signDigest(endorserKeys[2], digest))
        );
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
        assertEq(registry.measurementAt(2), OTHER, "endorsed");
    }

    function test_ChangeEndorsers_NewSetActs_OldSetNoMore() public {
        uint256[] memory next = ascendingKeys(200, 4);
        bytes memory old = changeOfEndorsers(next, 2, 1);
        registry.changeEndorsers(addressesOf(next), 2, LATER, old);
        (address[] memory members, uint8 threshold, uint32 version) = registry.endorsers();
        assertEq(members.length, 4, "members");
        assertEq(members[3], vm.addr(next[3]), "member");
        assertEq(threshold, 2, "threshold");
        assertEq(version, 2, "version");

        bytes memory fields = abi.encode(OTHER, uint32(2), LATER);
        bytes memory endorsements = endorsed(ENDORSE_MEASUREMENT, fields);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.endorseMeasurement(OTHER, 2, LATER, endorsements);
        for (uint256 i = 0; i < 4; ++i) {
            endorserKeys[i] = next[i];
        }
        endorseMeasurement(OTHER, 2);
    }

    function test_ChangeEndorsers_Replayed_IsRefused() public {
        bytes memory same = changeOfEndorsers(endorserKeys, THRESHOLD, 1);
        registry.changeEndorsers(addressesOf(endorserKeys), THRESHOLD, LATER, same);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.changeEndorsers(addressesOf(endorserKeys), THRESHOLD, LATER, same);
    }

    function test_ChangeEndorsers_OtherMembersThanSigned_IsRefused() public {
        uint256[] memory next = ascendingKeys(200, 4);
        bytes memory endorsements = changeOfEndorsers(next, 2, 1);
        address[] memory others = addressesOf(ascendingKeys(300, 4));
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.changeEndorsers(others, 2, LATER, endorsements);
    }

    function changeOfEndorsers(uint256[] memory next, uint8 threshold, uint32 version)
        internal
        view
        returns (bytes memory)
    {
        bytes memory list;
        for (uint256 i = 0; i < next.length; ++i) {
            list = bytes.concat(list, abi.encode(vm.addr(next[i])));
        }
        return endorsed(CHANGE_ENDORSERS, abi.encode(keccak256(list), threshold, version, LATER));
    }

    // ---- Measurements and configurations

    function test_EndorseMeasurement_StandsAtItsPlace() public {
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.MeasurementEndorsed(2, OTHER);
        endorseMeasurement(OTHER, 2);
        assertEq(registry.measurementAt(1), MEASUREMENT, "first");
        assertEq(registry.measurementAt(2), OTHER, "second");
        assertEq(registry.indexOfMeasurement(OTHER), 2, "index");
        (uint32 measurements, uint32 configurations) = registry.counts();
        assertEq(measurements, 2, "measurements");
        assertEq(configurations, 1, "configurations");
    }

    function test_Endorse_TwiceZeroOrAtAnotherPlace_IsRefused() public {
        refusedMeasurement(MEASUREMENT, 2);
        refusedMeasurement(0, 2);
        refusedMeasurement(OTHER, 1);
        refusedMeasurement(OTHER, 3);
        refusedConfiguration(configurationHash, 2);
        refusedConfiguration(0, 2);
        refusedConfiguration(OTHER, 1);
        refusedConfiguration(OTHER, 3);
    }

    function refusedMeasurement(bytes32 measurement, uint32 index) internal {
        bytes memory e = endorsed(ENDORSE_MEASUREMENT, abi.encode(measurement, index, LATER));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.MeasurementRefused.selector, index, measurement));
        registry.endorseMeasurement(measurement, index, LATER, e);
    }

    function refusedConfiguration(bytes32 configuration, uint32 index) internal {
        bytes memory e = endorsed(ENDORSE_CONFIGURATION, abi.encode(configuration, index, LATER));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ConfigurationRefused.selector, index, configuration));
        registry.endorseConfiguration(configuration, index, LATER, e);
    }

    function test_Withdraw_ThenEndorsedAgain_OldKeysStayEnded() public {
        bytes32 keyId = register(ENCLAVE_KEY);
        assertEq(registry.statusOf(keyId), 1, "active");
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.MeasurementWithdrawn(1, MEASUREMENT);
        withdrawMeasurement(MEASUREMENT, 1);
        assertEq(registry.statusOf(keyId), 4, "withdrawn");
        assertEq(registry.measurementAt(1), 0, "place");
        assertEq(registry.indexOfMeasurement(MEASUREMENT), 0, "index");

        endorseMeasurement(MEASUREMENT, 2);
        assertEq(registry.statusOf(keyId), 4, "still withdrawn");
        assertEq(registry.indexOfMeasurement(MEASUREMENT), 2, "index");
    }

    function test_WithdrawConfiguration_EndsItsKeys() public {
        bytes32 keyId = register(ENCLAVE_KEY);
        withdrawConfiguration(configurationHash, 1);
        assertEq(registry.statusOf(keyId), 4, "withdrawn");
        assertEq(registry.configurationAt(1), 0, "place");
        endorseConfiguration(configurationHash, 2);
        assertEq(registry.statusOf(keyId), 4, "still withdrawn");
    }

    function test_Withdraw_Replayed_DoesNotReachTheNextPlace() public {
        bytes memory fields = abi.encode(MEASUREMENT, uint32(1), LATER);
        bytes memory e = endorsed(WITHDRAW_MEASUREMENT, fields);
        registry.withdrawMeasurement(1, LATER, e);
        endorseMeasurement(MEASUREMENT, 2);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.MeasurementRefused.selector, 1, 0));
        registry.withdrawMeasurement(1, LATER, e);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.withdrawMeasurement(2, LATER, e);
        e = endorsed(ENDORSE_MEASUREMENT, fields); // of the first time
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.MeasurementRefused.selector, 1, MEASUREMENT));
        registry.endorseMeasurement(MEASUREMENT, 1, LATER, e);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ConfigurationRefused.selector, 2, 0));
        registry.withdrawConfiguration(2, LATER, e);
    }

    // ---- Keys

    function test_RegisterKey_ByThree_IsActive() public {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        bytes32 keyId = keyIdOf(ENCLAVE_KEY);
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyRegistered(keyId, r);
        vm.prank(stranger);
        register(ENCLAVE_KEY);
        IPythiaRegistry.EnclaveKey memory key = registry.key(keyId);
        assertEq(key.status, 1, "status");
        assertEq(key.notAfter, KEY_END, "not after");
        assertEq(key.measurement, 1, "measurement");
        assertEq(key.configuration, 1, "configuration");
        assertEq(bytes32(key.operator), bytes32(r.operator), "operator");
        assertEq(registry.statusOf(keyId), 1, "active");
        assertEq(registry.statusOf(OTHER), 0, "unknown");
    }

    function testFuzz_RegisterKey_AnyFieldChanged_IsRefused(uint8 field, uint8 bit) public {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash));
        bytes32 flip = bytes32(uint256(1) << bit);
        field = field % 6;
        if (field == 0) r.x ^= flip;
        if (field == 1) r.y ^= flip;
        if (field == 2) r.agreementKeyHash ^= flip;
        if (field == 3) r.operator ^= bytes16(uint128(1) << (bit % 128));
        if (field == 4) r.notAfter ^= uint40(1) << (bit % 40);
        if (field == 5) r.evidence ^= flip;
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.registerKey(r, LATER, e);
    }

    function test_RegisterKey_UnderAnotherMeasurementThanSigned_IsRefused() public {
        endorseMeasurement(OTHER, 2);
        endorseConfiguration(OTHER, 2);
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash));
        r.measurement = 2;
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.registerKey(r, LATER, e);
        (r.measurement, r.configuration) = (1, 2);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.registerKey(r, LATER, e);
    }

    function test_RegisterKey_UnderNothingEndorsed_IsRefused() public {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        r.measurement = 2;
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, 0, configurationHash));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.MeasurementRefused.selector, 2, 0));
        registry.registerKey(r, LATER, e);
        (r.measurement, r.configuration) = (1, 0);
        e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, 0));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ConfigurationRefused.selector, 0, 0));
        registry.registerKey(r, LATER, e);
    }

    function test_RegisterKey_WithheldUntilTheMeasurementEnds_IsRefused() public {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash));
        withdrawMeasurement(MEASUREMENT, 1);
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.MeasurementRefused.selector, 1, 0));
        registry.registerKey(r, LATER, e);
    }

    function test_RegisterKey_Twice_IsRefused_AlsoAfterItsEnd() public {
        bytes32 keyId = register(ENCLAVE_KEY);
        refusedAgain(keyId, 1);
        revoke(keyId);
        refusedAgain(keyId, 2);
    }

    function refusedAgain(bytes32 keyId, uint8 status) internal {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, keyId, status));
        registry.registerKey(r, LATER, e);
    }

    function test_RegisterKey_WithARevocationBeforeIt_IsRefused() public {
        bytes32 keyId = keyIdOf(ENCLAVE_KEY);
        revoke(keyId);
        assertEq(registry.statusOf(keyId), 2, "revoked");
        refusedAgain(keyId, 2);
    }

    function test_RegisterKey_TooLongOrPast_IsRefused() public {
        refusedEnd(uint40(NOW));
        refusedEnd(uint40(NOW) + 90 days + 1);
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        r.notAfter = uint40(NOW) + 90 days;
        registry.registerKey(r, LATER, endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash)));
        bytes32 keyId = keyIdOf(ENCLAVE_KEY);
        vm.warp(r.notAfter);
        assertEq(registry.statusOf(keyId), 1, "active to the last second");
        vm.warp(r.notAfter + 1);
        assertEq(registry.statusOf(keyId), 5, "expired");
    }

    function refusedEnd(uint40 notAfter) internal {
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY);
        r.notAfter = notAfter;
        bytes memory e = endorsed(REGISTER_KEY, fieldsOf(r, MEASUREMENT, configurationHash));
        vm.expectRevert(
            abi.encodeWithSelector(IPythiaRegistry.KeyExpiryRefused.selector, keyIdOf(ENCLAVE_KEY), notAfter)
        );
        registry.registerKey(r, LATER, e);
    }

    function test_RevokeKey_ByThree_IsForEver() public {
        bytes32 keyId = register(ENCLAVE_KEY);
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyRevoked(keyId, false);
        revoke(keyId);
        assertEq(registry.statusOf(keyId), 2, "revoked");
        bytes memory e = endorsed(REVOKE_KEY, abi.encode(keyId, LATER));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, keyId, 2));
        registry.revokeKey(keyId, LATER, e);
        vm.expectPartialRevert(IPythiaRegistry.EndorsementInvalid.selector);
        registry.revokeKey(OTHER, LATER, e);
    }

    function test_RevokeOwnKey_ByItself_WithAndWithoutThePrecompile() public {
        ownRevocation(ENCLAVE_KEY);
        withoutPrecompile();
        ownRevocation(ENCLAVE_KEY + 1);
    }

    function ownRevocation(uint256 enclaveKey) internal {
        bytes32 keyId = register(enclaveKey);
        (uint256 x, uint256 y) = vm.publicKeyP256(enclaveKey);
        (bytes32 r, bytes32 s) = vm.signP256(enclaveKey, revocationDigest(address(registry), keyId));
        (bytes32 wrongR, bytes32 wrongS) = vm.signP256(enclaveKey, revocationDigest(address(relay), keyId));
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatementInvalid.selector, keyId));
        registry.revokeOwnKey(bytes32(x), bytes32(y), wrongR, wrongS);

        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyRevoked(keyId, true);
        registry.revokeOwnKey(bytes32(x), bytes32(y), r, s);
        assertEq(registry.statusOf(keyId), 2, "revoked");
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, keyId, 2));
        registry.revokeOwnKey(bytes32(x), bytes32(y), r, s);
    }

    function revocationDigest(address target, bytes32 keyId) internal view returns (bytes32) {
        return sha256(bytes.concat("pythia/revoke-key/1", bytes32(block.chainid), bytes20(target), keyId));
    }

    function test_Relay_CarriesEndorsersActs() public {
        bytes memory fields = abi.encode(OTHER, uint32(2), LATER);
        IRelay.Item[] memory items = new IRelay.Item[](2);
        items[0] = IRelay.Item(
            address(registry),
            300_000,
            abi.encodeCall(registry.endorseMeasurement, (OTHER, 2, LATER, endorsed(ENDORSE_MEASUREMENT, fields)))
        );
        items[1] = items[0];
        bool[] memory succeeded = relay.relay(items);
        assertTrue(succeeded[0] && !succeeded[1], "once");
        assertEq(registry.measurementAt(2), OTHER, "endorsed");
    }
}
