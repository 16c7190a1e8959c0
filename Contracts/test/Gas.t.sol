// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {IRelay} from "../src/interfaces/IRelay.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

/// @dev Gas of whole transactions (forge --isolate: intrinsic gas, call data and refunds in it), read by tools/gas.mjs.
/// Devices are in a batch of 1,000, so their proofs have ten hashes. "Relayed" is a fiftieth of a transaction with
/// fifty signed acts of fifty signers, each the first of its signer at that contract.
contract GasTest is PythiaTest {
    uint256 internal constant MANY = 50;
    uint32 internal constant ITEM_GAS = 1_000_000;

    function direct(string memory name) internal {
        vm.snapshotGasLastCall("gas", name);
    }

    function relayed(string memory name, IRelay.Item[] memory items) internal {
        bool[] memory succeeded = relay.relay(items);
        uint256 gas_ = vm.snapshotGasLastCall("total", name);
        for (uint256 i = 0; i < items.length; ++i) {
            assertTrue(succeeded[i], name);
        }
        vm.snapshotValue("gas", string.concat(name, ", relayed"), gas_ / items.length);
    }

    function grantDirectly(address owner, IConsentRegistry.Terms memory terms, string memory name) internal {
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(terms.deviceId);
        vm.prank(owner);
        consents.grant(terms, epochs);
        direct(name);
    }

    function keyAt(uint256 i) internal pure returns (uint256) {
        return 1000 + i;
    }

    /// @dev True evidence out of a batch of 1,000: ten hashes beside the way to the root.
    function evidenceOfThousand(address claimer, uint256 deviceKey)
        internal
        returns (IDeviceRegistry.Claim memory evidence)
    {
        evidence = evidenceFor(claimer, deviceKey);
        evidence.proof = new bytes32[](10);
        bytes32 node = leafOf(deviceIdOf(maker, deviceKey), vm.addr(QR_KEY));
        for (uint256 i = 0; i < 10; ++i) {
            evidence.proof[i] = keccak256(abi.encode(deviceKey, i));
            node = pairHash(node, evidence.proof[i]);
        }
        evidence.root = node;
        (uint32 count,) = devices.batch(maker, node);
        if (count == 0) {
            vm.prank(maker);
            devices.registerBatch(node, 1000, "https://example.org/batches/2026-11");
        }
    }

    function claimedByMany() internal returns (bytes32[] memory ids) {
        ids = new bytes32[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            ids[i] = claimed(vm.addr(keyAt(i)), 5000 + i);
        }
    }

    // ---- DeviceRegistry

    function test_Gas_RegisterBatch() public {
        vm.prank(maker);
        devices.registerBatch(keccak256("root"), 1000, "https://example.org/batches/2026-11");
        uint256 gas_ = vm.snapshotGasLastCall("gas", "register a batch of 1,000");
        vm.snapshotValue("gas", "register a batch of 1,000, each device", gas_ / 1000);
    }

    function test_Gas_Claim() public {
        IDeviceRegistry.Claim memory evidence = evidenceOfThousand(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.claim(evidence);
        direct("claim");
    }

    function claimItem(uint256 key, uint192 nonceKey, uint256 deviceKey) internal returns (IRelay.Item memory) {
        IDeviceRegistry.Claim memory evidence = evidenceOfThousand(vm.addr(key), deviceKey);
        bytes memory fields = abi.encode(deviceIdOf(maker, deviceKey), MODEL, keccak256(abi.encode(evidence)));
        ISignedActs.Auth memory auth = authFor(
            key,
            vm.addr(key),
            nonceKey,
            LATER,
            address(devices),
            "Claim(bytes32 deviceId,bytes32 modelId,bytes32 evidence,",
            fields
        );
        return IRelay.Item(address(devices), ITEM_GAS, abi.encodeCall(devices.claimSigned, (evidence, auth)));
    }

    function test_Gas_ClaimRelayed() public {
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            items[i] = claimItem(keyAt(i), 0, 5000 + i);
        }
        relayed("claim", items);
    }

    function test_Gas_ClaimRelayedForOneOwner() public {
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            items[i] = claimItem(ALICE_KEY, uint192(i), 5000 + i);
        }
        relayed("claim for one owner", items);
    }

    function test_Gas_Transfer() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        direct("transfer to a new holder");
        vm.prank(bob);
        devices.transfer(lamp, service, 2, 0);
        direct("transfer to a new holder, bound to epochs");
    }

    function test_Gas_TransferAndRotation() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.transferFrom(alice, bob, uint256(lamp));
        uint256 transfer = vm.snapshotGasLastCall("total", "transfer");
        IDeviceRegistry.Rotation memory rotation = rotationOf(lamp, DEVICE_KEY, 11);
        vm.prank(bob);
        devices.rotateKey(lamp, rotation);
        uint256 rotate = vm.snapshotGasLastCall("gas", "rotate a device key");
        vm.snapshotValue("gas", "transfer and rotation in two transactions", transfer + rotate);

        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        rotation = rotationOf(lock, DEVICE_KEY + 1, 12);
        bytes[] memory acts = new bytes[](2);
        acts[0] = abi.encodeCall(devices.rotateKey, (lock, rotation));
        acts[1] = abi.encodeCall(devices.transferFrom, (alice, maker, uint256(lock)));
        vm.prank(alice);
        devices.multicall(acts);
        direct("transfer and rotation in one transaction");
    }

    function test_Gas_TransferRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            address to = vm.addr(keyAt(i) + 1000);
            ISignedActs.Auth memory auth = authFor(
                keyAt(i),
                address(devices),
                "Transfer(bytes32 deviceId,address to,uint40 deviceEpoch,uint32 ownerEpoch,",
                abi.encode(ids[i], to, uint40(1), uint32(0))
            );
            bytes memory data = abi.encodeCall(devices.transferSigned, (ids[i], to, 1, 0, auth));
            items[i] = IRelay.Item(address(devices), ITEM_GAS, data);
        }
        relayed("transfer to a new holder", items);
    }

    function test_Gas_Status() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.freeze(lamp);
        direct("freeze");
        vm.prank(alice);
        devices.unfreeze(lamp, 1, 1);
        direct("unfreeze");
        vm.prank(alice);
        devices.endConsents(lamp);
        direct("end all consents of a device");
        vm.prank(alice);
        devices.retire(lamp, 2);
        direct("retire");
    }

    function test_Gas_FreezeRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            ISignedActs.Auth memory auth =
                authFor(keyAt(i), address(devices), "Freeze(bytes32 deviceId,", abi.encode(ids[i]));
            bytes memory data = abi.encodeCall(devices.freezeSigned, (ids[i], auth));
            items[i] = IRelay.Item(address(devices), ITEM_GAS, data);
        }
        relayed("freeze", items);
    }

    function rotationOf(bytes32 deviceId, uint256 oldKey, uint256 newKey)
        internal
        view
        returns (IDeviceRegistry.Rotation memory r)
    {
        (uint256 oldX, uint256 oldY) = vm.publicKeyP256(oldKey);
        (uint256 newX, uint256 newY) = vm.publicKeyP256(newKey);
        bytes memory fields = abi.encodePacked(uint64(devices.device(deviceId).epoch), newX, newY);
        bytes32 digest = statementDigest("pythia/rotate/1", deviceId, fields);
        (r.manufacturer, r.oldX, r.oldY) = (maker, bytes32(oldX), bytes32(oldY));
        (r.newX, r.newY) = (bytes32(newX), bytes32(newY));
        (r.oldR, r.oldS) = vm.signP256(oldKey, digest);
        (r.newR, r.newS) = vm.signP256(newKey, digest);
    }

    function test_Gas_SecurityCounter() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        (uint256 x, uint256 y) = vm.publicKeyP256(DEVICE_KEY);
        (bytes32 r, bytes32 s) =
            vm.signP256(DEVICE_KEY, statementDigest("pythia/counter/1", lamp, abi.encodePacked(uint64(5))));
        devices.raiseSecurityCounter(lamp, 5, maker, bytes32(x), bytes32(y), r, s);
        direct("raise a security counter");
    }

    function test_Gas_Recovery() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        vm.prank(alice);
        devices.setRecovery(bob, 7 days, 0);
        direct("set recovery");
        vm.prank(bob);
        devices.startRecovery(alice, service, 1);
        direct("start recovery");
        vm.warp(NOW + 7 days);
        devices.finishRecovery(lamp);
        direct("finish recovery of a device");
        vm.prank(alice);
        devices.cancelRecovery();
        direct("cancel recovery");
    }

    // ---- ConsentRegistry

    function test_Gas_GrantCommand() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        bytes32 lock = claimed(alice, DEVICE_KEY + 1);
        grantDirectly(alice, commandTerms(lamp, service), "grant a command to a new grantee");
        grantDirectly(alice, commandTerms(lock, service), "grant a command to a known grantee");
        vm.prank(alice);
        consents.revoke(lamp, service, OPEN);
        direct("revoke one");
        vm.prank(alice);
        consents.revokeGrantee(service);
        direct("revoke a grantee");
    }

    function test_Gas_GrantData() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        IConsentRegistry.Terms memory terms = dataTerms(lamp, service, 1 ether);
        grantDirectly(alice, terms, "grant data with a bond");
        vm.deal(service, 2 ether);
        vm.prank(service);
        consents.deposit{value: 2 ether}(service);
        direct("deposit");
        acceptAs(service, terms);
        direct("accept with a bond");
        vm.prank(service);
        consents.withdraw(payable(service), 0.5 ether);
        direct("withdraw");
        vm.prank(alice);
        consents.revoke(lamp, service, READ);
        consents.releaseBond(keyOf(terms));
        direct("release a bond, start");
        vm.warp(NOW + 14 days);
        consents.releaseBond(keyOf(terms));
        direct("release a bond, end");
    }

    function test_Gas_RevokeAll() public {
        bytes32 lamp = claimed(alice, DEVICE_KEY);
        for (uint160 i = 1; i <= 100; ++i) {
            grant(alice, commandTerms(lamp, address(i)));
        }
        vm.prank(alice);
        consents.revokeAll(100);
        uint256 gas_ = vm.snapshotGasLastCall("total", "revoke all");
        vm.snapshotValue("gas", "revoke all of 100 grantees, each", gas_ / 100);
    }

    function test_Gas_GrantRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            IConsentRegistry.Terms memory terms = commandTerms(ids[i], service);
            IConsentRegistry.Epochs memory epochs = consents.epochsOf(ids[i]);
            ISignedActs.Auth memory auth = grantAuth(keyAt(i), terms, epochs);
            bytes memory data = abi.encodeCall(consents.grantSigned, (terms, epochs, auth));
            items[i] = IRelay.Item(address(consents), ITEM_GAS, data);
        }
        relayed("grant a command to a new grantee", items);
    }

    function test_Gas_RevokeGranteeRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            grant(vm.addr(keyAt(i)), commandTerms(ids[i], service));
            ISignedActs.Auth memory auth =
                authFor(keyAt(i), address(consents), "RevokeGrantee(address grantee,", abi.encode(service));
            bytes memory data = abi.encodeCall(consents.revokeGranteeSigned, (service, auth));
            items[i] = IRelay.Item(address(consents), ITEM_GAS, data);
        }
        relayed("revoke a grantee", items);
    }

    function test_Gas_RevokeRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            grant(vm.addr(keyAt(i)), commandTerms(ids[i], service));
            ISignedActs.Auth memory auth = authFor(
                keyAt(i),
                address(consents),
                "Revoke(bytes32 deviceId,address grantee,bytes32 scope,",
                abi.encode(ids[i], service, OPEN)
            );
            bytes memory data = abi.encodeCall(consents.revokeSigned, (ids[i], service, OPEN, auth));
            items[i] = IRelay.Item(address(consents), ITEM_GAS, data);
        }
        relayed("revoke one", items);
    }

    function test_Gas_AcceptRelayed() public {
        bytes32[] memory ids = claimedByMany();
        IRelay.Item[] memory items = new IRelay.Item[](MANY);
        for (uint256 i = 0; i < MANY; ++i) {
            address grantee = vm.addr(keyAt(i) + 1000);
            IConsentRegistry.Terms memory terms = dataTerms(ids[i], grantee, 0);
            bytes32 hash = consents.termsHash(grant(vm.addr(keyAt(i)), terms));
            ISignedActs.Auth memory auth = authFor(
                keyAt(i) + 1000,
                address(consents),
                "Accept(bytes32 deviceId,uint64 deviceEpoch,bytes32 scope,bytes32 termsHash,",
                abi.encode(ids[i], uint64(1), READ, hash)
            );
            bytes memory data = abi.encodeCall(consents.acceptSigned, (keyOf(terms), hash, auth));
            items[i] = IRelay.Item(address(consents), ITEM_GAS, data);
        }
        relayed("accept", items);
    }

    // ---- PolicyRegistry

    function test_Gas_Policy() public {
        vm.prank(alice);
        bytes32 id = policies.publish(new bytes(500));
        direct("publish a policy of 500 bytes");
        vm.prank(alice);
        policies.deprecate(id);
        direct("deprecate a policy");
    }
}
