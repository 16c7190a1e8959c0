// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDeviceRegistry} from "../src/interfaces/IDeviceRegistry.sol";
import {IRelay} from "../src/interfaces/IRelay.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {Vm} from "./utils/Vm.sol";
import {Liar} from "./utils/Wallets.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

contract RelayTest is PythiaTest {
    string internal constant FREEZE_TYPE = "Freeze(bytes32 deviceId,";
    uint32 internal constant ITEM_GAS = 250_000;

    bytes32 internal lamp;
    bytes32 internal lock;

    function setUp() public override {
        super.setUp();
        lamp = claimed(alice, DEVICE_KEY);
        lock = claimed(bob, DEVICE_KEY + 1);
    }

    function freezeItem(uint256 key, bytes32 deviceId) internal view returns (IRelay.Item memory) {
        ISignedActs.Auth memory auth = authFor(key, address(devices), FREEZE_TYPE, abi.encode(deviceId));
        return IRelay.Item(address(devices), ITEM_GAS, abi.encodeCall(devices.freezeSigned, (deviceId, auth)));
    }

    function test_Relay_GoodBadGood_EachHasItsOwnOutcome() public {
        IRelay.Item[] memory items = new IRelay.Item[](3);
        items[0] = freezeItem(ALICE_KEY, lamp);
        items[1] = items[0]; // replayed
        items[2] = freezeItem(BOB_KEY, lock);
        vm.recordLogs();
        vm.prank(stranger);
        bool[] memory succeeded = relay.relay(items);
        assertTrue(succeeded[0] && !succeeded[1] && succeeded[2], "outcomes");
        assertEq(devices.device(lamp).status, 2, "lamp");
        assertEq(devices.device(lock).status, 2, "lock");

        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 outcomes;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(relay)) continue;
            bool failed = logs[i].topics[0] == IRelay.ItemFailed.selector;
            assertEq(uint256(logs[i].topics[1]), outcomes, "index");
            assertEq(failed ? 1 : 0, outcomes == 1 ? 1 : 0, "failed");
            ++outcomes;
        }
        assertEq(outcomes, 3, "outcome events");
    }

    function testFuzz_Relay_WithAnyGas_NoItemFailsForWantOfIt(uint256 gas_) public {
        IRelay.Item[] memory items = new IRelay.Item[](2);
        items[0] = freezeItem(ALICE_KEY, lamp);
        items[1] = freezeItem(BOB_KEY, lock);
        gas_ = 50_000 + (gas_ % 700_000);
        (bool returned,) = address(relay).call{gas: gas_}(abi.encodeCall(relay.relay, (items)));
        uint256 first = devices.nonces(alice);
        uint256 second = devices.nonces(bob);
        assertEq(devices.device(lamp).status, 1 + first, "lamp");
        assertEq(devices.device(lock).status, 1 + second, "lock");
        assertEq(first, returned ? 1 : 0, "the first, or nothing");
        assertTrue(second <= first, "in order");
    }

    function test_Relay_MoreThanItsGasHolds_CarriesOutTheFirstOnes() public {
        // Without the precompile a claim takes three times the gas that its place in a batch was planned with.
        IRelay.Item[] memory items = new IRelay.Item[](6);
        for (uint256 i = 0; i < 6; ++i) {
            bytes32 deviceId = deviceIdOf(maker, 100 + i);
            IDeviceRegistry.Claim memory evidence = evidenceFor(alice, 100 + i);
            bytes memory fields = abi.encode(deviceId, MODEL, keccak256(abi.encode(evidence)));
            ISignedActs.Auth memory auth = authFor(
                ALICE_KEY,
                alice,
                uint192(i),
                LATER,
                address(devices),
                "Claim(bytes32 deviceId,bytes32 modelId,bytes32 evidence,",
                fields
            );
            items[i] = IRelay.Item(address(devices), 900_000, abi.encodeCall(devices.claimSigned, (evidence, auth)));
        }
        withoutPrecompile();
        bool[] memory succeeded = relay.relay{gas: 6 * 160_000 + 1_000_000}(items);
        assertTrue(succeeded[0] && succeeded[1], "the first ones");
        assertTrue(!succeeded[5], "the last one");
        assertEq(devices.nonces(alice, 5), 5 << 64, "its nonce is unused");
        relay.relay(items);
        assertEq(devices.balanceOf(alice), 7, "another batch carries the rest");
    }

    function testFuzz_Relay_WithAnyItemGas_ConsumesNothingUnlessCarriedOut(uint32 itemGas) public {
        IRelay.Item[] memory items = new IRelay.Item[](1);
        items[0] = freezeItem(ALICE_KEY, lamp);
        items[0].gas = itemGas % 300_000;
        bool succeeded = relay.relay(items)[0];
        assertEq(devices.device(lamp).status, succeeded ? 2 : 1, "lamp");
        assertEq(devices.nonces(alice), succeeded ? 1 : 0, "nonce");
    }

    function test_Relay_ItemThatBurnsItsGas_LeavesTheNextItsOwn() public {
        IRelay.Item[] memory items = new IRelay.Item[](2);
        items[0] = IRelay.Item(address(this), 100_000, abi.encodeCall(this.burn, ()));
        items[1] = freezeItem(ALICE_KEY, lamp);
        bool[] memory succeeded = relay.relay{gas: 450_000}(items);
        assertTrue(!succeeded[0] && succeeded[1], "outcomes");
    }

    function test_Relay_ItemWithAHugeReason_CostsABoundedPart() public {
        IRelay.Item[] memory items = new IRelay.Item[](1);
        items[0] = IRelay.Item(address(new Liar()), 3_000_000, hex"01");
        vm.recordLogs();
        assertTrue(!relay.relay(items)[0], "outcome");
        assertEq(abi.decode(vm.getRecordedLogs()[0].data, (bytes)).length, 512, "bytes of the reason");
    }

    function test_Relay_InsideARelay_IsRefusedAsAnItem() public {
        IRelay.Item[] memory inner = new IRelay.Item[](0);
        IRelay.Item[] memory items = new IRelay.Item[](1);
        items[0] = IRelay.Item(address(relay), 100_000, abi.encodeCall(relay.relay, (inner)));
        vm.recordLogs();
        assertTrue(!relay.relay(items)[0], "outcome");
        bytes memory reason = abi.decode(vm.getRecordedLogs()[0].data, (bytes));
        assertEq(bytes4(reason), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "reason");
    }

    function test_Relay_TargetWithoutCode_IsRefusedWhole() public {
        IRelay.Item[] memory items = new IRelay.Item[](1);
        items[0] = IRelay.Item(stranger, 100_000, "");
        vm.expectRevert(abi.encodeWithSelector(IRelay.RelayTargetNotContract.selector, 0, stranger));
        relay.relay(items);
    }

    function test_Relay_DirectActs_AreTheRelaysOwn() public {
        // An item that is no signed act speaks for the relay's address, which owns nothing.
        IRelay.Item[] memory items = new IRelay.Item[](1);
        items[0] = IRelay.Item(address(devices), 100_000, abi.encodeCall(devices.freeze, (lamp)));
        assertTrue(!relay.relay(items)[0], "outcome");
        assertEq(devices.device(lamp).status, 1, "lamp");
    }

    function test_Owner_WithoutTheRelay_SubmitsTheSameBytes() public {
        IRelay.Item memory item = freezeItem(ALICE_KEY, lamp);
        vm.prank(alice);
        (bool success,) = item.target.call(item.data);
        assertTrue(success, "submitted");
        assertEq(devices.device(lamp).status, 2, "lamp");
    }

    function burn() external pure {
        while (true) {}
    }
}
