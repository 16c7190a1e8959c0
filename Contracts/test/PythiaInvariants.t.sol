// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./utils/Answers.sol";
import {EndorsersTest} from "./utils/EndorsersTest.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

/// @dev Endorsers, operators and strangers act in any order beside a model that is as simple as the promise: a key is active
/// from its registration until the first of its date, a revocation, a fault, or the end of what it was registered under.
contract PythiaLife is EndorsersTest {
    uint256 private constant KEYS = 4;

    // The model
    mapping(uint256 key => bool) private wasRegistered;
    mapping(uint256 key => bool) private ended;
    mapping(uint256 key => uint256) private underMeasurement;
    mapping(uint256 key => uint256) private underConfiguration;
    mapping(uint256 key => uint256) private until;
    uint32 private measurement = 1;
    uint32 private configuration = 1;
    bool private measurementStands = true;
    bool private configurationStands = true;
    uint64 private present = NOW;
    bool private cameBack;

    /// @dev Once: what forge calls at random includes this.
    function setUp() public override {
        if (address(registry) == address(0)) super.setUp();
    }

    // ---- Acts

    function enrol(uint256 key, uint40 lifetime) external {
        vm.warp(present);
        key %= KEYS;
        IPythiaRegistry.Registration memory r = registrationOf(ENCLAVE_KEY + key);
        (r.measurement, r.configuration) = (measurement, configuration);
        r.notAfter = uint40(present) + 1 + lifetime % 90 days;
        bytes memory fields = bytes.concat(
            abi.encode(r.x, r.y, r.agreementKeyHash, measurementOf(measurement), configurationOf(configuration)),
            abi.encode(r.operator, r.notAfter, r.evidence, deadline())
        );
        try registry.registerKey(r, deadline(), endorsed(REGISTER_KEY, fields)) {
            if (wasRegistered[key] || ended[key]) cameBack = true;
            wasRegistered[key] = true;
            (underMeasurement[key], underConfiguration[key]) = (measurement, configuration);
            until[key] = r.notAfter;
        } catch {
            require(
                wasRegistered[key] || ended[key] || !measurementStands || !configurationStands, "a registration failed"
            );
        }
    }

    function take(uint256 key) external {
        vm.warp(present);
        key %= KEYS;
        bytes32 id = keyIdOf(ENCLAVE_KEY + key);
        try registry.revokeKey(id, deadline(), endorsed(REVOKE_KEY, abi.encode(id, deadline()))) {
            ended[key] = true;
        } catch {
            require(ended[key], "a revocation failed");
        }
    }

    function takeOwn(uint256 key) external {
        vm.warp(present);
        key %= KEYS;
        (uint256 x, uint256 y) = vm.publicKeyP256(ENCLAVE_KEY + key);
        bytes32 id = keyIdOf(ENCLAVE_KEY + key);
        bytes32 digest =
            sha256(bytes.concat("pythia/revoke-key/1", bytes32(block.chainid), bytes20(address(registry)), id));
        (bytes32 r, bytes32 s) = vm.signP256(ENCLAVE_KEY + key, digest);
        try registry.revokeOwnKey(bytes32(x), bytes32(y), r, s) {
            ended[key] = true;
        } catch {
            require(ended[key] || !wasRegistered[key], "a key could not end itself");
        }
    }

    function fault(uint256 key, bool honest) external {
        vm.warp(present);
        key %= KEYS;
        (uint256 x, uint256 y) = vm.publicKeyP256(ENCLAVE_KEY + key);
        bytes32 under = configurationOf(wasRegistered[key] ? uint32(underConfiguration[key]) : configuration);
        Answers.Body memory body = Answers.body();
        IPythiaRegistry.Statement memory first = Answers.statement(ENCLAVE_KEY + key, under, body);
        if (honest) body.level = 3;
        else body.results = hex"81f6";
        IPythiaRegistry.Statement memory second = Answers.statement(ENCLAVE_KEY + key, under, body);
        try registry.proveContradiction(bytes32(x), bytes32(y), first, second) {
            require(!honest, "honest answers ended a key");
            ended[key] = true;
        } catch {}
    }

    function rollMeasurement() external {
        vm.warp(present);
        bytes memory fields = abi.encode(measurementOf(measurement), measurement, deadline());
        if (measurementStands) {
            registry.withdrawMeasurement(measurement, deadline(), endorsed(WITHDRAW_MEASUREMENT, fields));
        } else {
            ++measurement;
            fields = abi.encode(measurementOf(measurement), measurement, deadline());
            registry.endorseMeasurement(
                measurementOf(measurement), measurement, deadline(), endorsed(ENDORSE_MEASUREMENT, fields)
            );
        }
        measurementStands = !measurementStands;
    }

    function rollConfiguration() external {
        vm.warp(present);
        bytes memory fields = abi.encode(configurationOf(configuration), configuration, deadline());
        if (configurationStands) {
            registry.withdrawConfiguration(configuration, deadline(), endorsed(WITHDRAW_CONFIGURATION, fields));
        } else {
            ++configuration;
            fields = abi.encode(configurationOf(configuration), configuration, deadline());
            registry.endorseConfiguration(
                configurationOf(configuration), configuration, deadline(), endorsed(ENDORSE_CONFIGURATION, fields)
            );
        }
        configurationStands = !configurationStands;
    }

    function pass(uint32 seconds_) external {
        present += seconds_ % 20 days;
        vm.warp(present);
    }

    // ---- What holds

    function check() external {
        vm.warp(present);
        for (uint256 key = 0; key < KEYS; ++key) {
            bool good = wasRegistered[key] && !ended[key] && present <= until[key]
                && underMeasurement[key] == measurement && measurementStands && underConfiguration[key] == configuration
                && configurationStands;
            assertEq(registry.statusOf(keyIdOf(ENCLAVE_KEY + key)) == 1 ? 1 : 0, good ? 1 : 0, "active");
        }
        assertTrue(!cameBack, "a key came back");
    }

    function deadline() private view returns (uint64) {
        return present + 1;
    }

    function measurementOf(uint32 index) private pure returns (bytes32) {
        return index == 1 ? MEASUREMENT : keccak256(abi.encode("measurement", index % 2));
    }

    function configurationOf(uint32 index) private view returns (bytes32) {
        return index == 1 ? configurationHash : keccak256(abi.encode("configuration", index));
    }
}

contract PythiaInvariantsTest is PythiaTest {
    PythiaLife internal life;

    function setUp() public override {
        life = new PythiaLife();
        life.setUp();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(life);
    }

    function invariant_KeysAreActive_AsTheModelHasThem() public {
        life.check();
    }
}
