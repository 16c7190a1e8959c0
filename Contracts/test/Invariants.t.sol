// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "../src/interfaces/IConsentRegistry.sol";
import {ConsentRegistry, DeviceRegistry} from "./utils/Deployed.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";
import {Vm} from "./utils/Vm.sol";

/// @dev Does what owners and grantees may do, in any order, beside a model that is as simple as the promise: a bit for
/// each (device, grantee) which a grant sets and which whatever takes back clears.
contract Life {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 private constant SCOPE = keccak256("lock:open");
    uint96 private constant BOND = 1 ether;

    DeviceRegistry private immutable devices;
    ConsentRegistry private immutable consents;
    bytes32 private immutable policyId;

    address[3] public people;
    bytes32[3] public lamps;

    // The model
    mapping(uint256 lamp => mapping(uint256 grantee => bool)) public allowed;
    mapping(uint256 lamp => uint256) public ownerOf;
    mapping(uint256 lamp => uint8) public status;
    uint256 public lockedWei;
    bool public carriedLate;

    IConsentRegistry.ConsentKey[] private bonded;

    constructor(
        DeviceRegistry devices_,
        ConsentRegistry consents_,
        bytes32 policyId_,
        address[3] memory people_,
        bytes32[3] memory lamps_
    ) {
        (devices, consents, policyId, people, lamps) = (devices_, consents_, policyId_, people_, lamps_);
        for (uint256 i = 0; i < 3; ++i) {
            (ownerOf[i], status[i]) = (i, 1);
        }
    }

    function grant(uint256 lamp, uint256 grantee) external {
        (lamp, grantee) = (lamp % 3, grantee % 3);
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(lamps[lamp]);
        IConsentRegistry.Terms memory terms = termsOf(lamp, grantee, SCOPE, 0);
        vm.prank(people[ownerOf[lamp]]);
        try consents.grant(terms, epochs) {
            allowed[lamp][grantee] = true;
        } catch {}
    }

    /// @dev With counters from before something was taken back.
    function grantLate(uint256 lamp, uint256 grantee, uint8 takeBack) external {
        (lamp, grantee) = (lamp % 3, grantee % 3);
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(lamps[lamp]);
        uint256 owner = ownerOf[lamp];
        if (takeBack % 4 == 0) this.revoke(lamp, grantee);
        else if (takeBack % 4 == 1) this.revokeGrantee(owner, grantee);
        else if (takeBack % 4 == 2) this.endConsents(lamp);
        else this.transfer(lamp, owner);
        IConsentRegistry.Terms memory terms = termsOf(lamp, grantee, SCOPE, 0);
        vm.prank(people[ownerOf[lamp]]);
        try consents.grant(terms, epochs) {
            carriedLate = true;
        } catch {}
    }

    function revoke(uint256 lamp, uint256 grantee) external {
        (lamp, grantee) = (lamp % 3, grantee % 3);
        vm.prank(people[ownerOf[lamp]]);
        consents.revoke(lamps[lamp], people[grantee], SCOPE);
        allowed[lamp][grantee] = false;
    }

    function revokeGrantee(uint256 owner, uint256 grantee) external {
        (owner, grantee) = (owner % 3, grantee % 3);
        vm.prank(people[owner]);
        consents.revokeGrantee(people[grantee]);
        for (uint256 i = 0; i < 3; ++i) {
            if (ownerOf[i] == owner) allowed[i][grantee] = false;
        }
    }

    function revokeAll(uint256 owner) external {
        owner %= 3;
        vm.prank(people[owner]);
        consents.revokeAll(10);
        for (uint256 i = 0; i < 3; ++i) {
            if (ownerOf[i] == owner) clear(i);
        }
    }

    function endConsents(uint256 lamp) external {
        lamp %= 3;
        vm.prank(people[ownerOf[lamp]]);
        devices.endConsents(lamps[lamp]);
        clear(lamp);
    }

    function transfer(uint256 lamp, uint256 to) external {
        (lamp, to) = (lamp % 3, to % 3);
        address from = people[ownerOf[lamp]];
        vm.prank(from);
        try devices.transferFrom(from, people[to], uint256(lamps[lamp])) {
            ownerOf[lamp] = to;
            clear(lamp);
        } catch {
            require(status[lamp] != 1, "a transfer by the owner failed");
        }
    }

    function freeze(uint256 lamp) external {
        lamp %= 3;
        vm.prank(people[ownerOf[lamp]]);
        try devices.freeze(lamps[lamp]) {
            status[lamp] = 2;
        } catch {}
    }

    function unfreeze(uint256 lamp) external {
        lamp %= 3;
        uint40 deviceEpoch = devices.device(lamps[lamp]).epoch;
        uint32 ownerEpoch = devices.ownerEpoch(people[ownerOf[lamp]]);
        vm.prank(people[ownerOf[lamp]]);
        try devices.unfreeze(lamps[lamp], deviceEpoch, ownerEpoch) {
            status[lamp] = 1;
        } catch {}
    }

    function retire(uint256 lamp) external {
        lamp %= 3;
        if (lamp != 2) return; // one is enough
        uint40 epoch = devices.device(lamps[lamp]).epoch;
        vm.prank(people[ownerOf[lamp]]);
        try devices.retire(lamps[lamp], epoch) {
            status[lamp] = 3;
        } catch {}
    }

    function bond(uint256 lamp, uint256 grantee) external {
        (lamp, grantee) = (lamp % 3, grantee % 3);
        bytes32 scope = keccak256("bonded");
        IConsentRegistry.Terms memory terms = termsOf(lamp, grantee, scope, BOND);
        IConsentRegistry.Epochs memory epochs = consents.epochsOf(lamps[lamp]);
        vm.prank(people[ownerOf[lamp]]);
        try consents.grant(terms, epochs) {}
        catch {
            return;
        }
        IConsentRegistry.ConsentKey memory key =
            IConsentRegistry.ConsentKey(lamps[lamp], epochs.deviceEpoch, people[grantee], scope);
        bytes32 hash = consents.termsHash(consents.consentId(lamps[lamp], epochs.deviceEpoch, people[grantee], scope));
        vm.deal(address(this), 2 * BOND);
        consents.deposit{value: 2 * BOND}(people[grantee]); // one is left to withdraw
        vm.prank(people[grantee]);
        consents.accept(key, hash);
        bonded.push(key);
        lockedWei += BOND;
    }

    function release(uint256 which, uint256 waitSeconds) external {
        if (bonded.length == 0) return;
        which %= bonded.length;
        vm.warp(block.timestamp + (waitSeconds % 30 days));
        uint256 before = consents.depositOf(bonded[which].grantee);
        try consents.releaseBond(bonded[which]) {
            if (consents.depositOf(bonded[which].grantee) == before) return;
            lockedWei -= BOND;
            bonded[which] = bonded[bonded.length - 1];
            bonded.pop();
        } catch {}
    }

    function withdraw(uint256 grantee, uint256 amount) external {
        address person = people[grantee % 3];
        uint256 deposited = consents.depositOf(person);
        if (deposited == 0) return;
        vm.prank(person);
        consents.withdraw(payable(person), amount % (deposited + 1));
    }

    function clear(uint256 lamp) private {
        for (uint256 i = 0; i < 3; ++i) {
            allowed[lamp][i] = false;
        }
    }

    function termsOf(uint256 lamp, uint256 grantee, bytes32 scope, uint96 bondWei)
        private
        view
        returns (IConsentRegistry.Terms memory)
    {
        uint40 never = type(uint40).max;
        return IConsentRegistry.Terms(lamps[lamp], people[grantee], scope, 2, 0, never, bondWei, policyId);
    }
}

contract InvariantsTest is PythiaTest {
    Life internal life;

    function setUp() public override {
        super.setUp();
        address[3] memory people = [alice, bob, service];
        bytes32[3] memory lamps = [claimed(alice, 1), claimed(bob, 2), claimed(service, 3)];
        life = new Life(devices, consents, policies.publish("{}"), people, lamps);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(life);
    }

    function invariant_ConsentsLive_AsTheModelSays() public view {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                bool expected = life.allowed(i, j) && life.status(i) == 1;
                bool found = consents.isActive(life.lamps(i), life.people(j), OPEN);
                assertEq(found ? 1 : 0, expected ? 1 : 0, "active");
            }
        }
    }

    function invariant_LateGrants_AreNeverCarriedOut() public view {
        assertTrue(!life.carriedLate(), "none");
    }

    function invariant_Devices_AreTheirOwners() public view {
        uint256 owned;
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(devices.ownerOf(uint256(life.lamps(i))), life.people(life.ownerOf(i)), "owner");
            assertEq(devices.device(life.lamps(i)).status, life.status(i), "status");
            owned += devices.balanceOf(life.people(i));
        }
        assertEq(owned, 3, "sum of balances");
    }

    function invariant_Money_IsDepositsAndLockedBonds() public view {
        uint256 deposits;
        for (uint256 i = 0; i < 3; ++i) {
            deposits += consents.depositOf(life.people(i));
        }
        assertEq(address(consents).balance, deposits + life.lockedWei(), "balance");
    }
}
