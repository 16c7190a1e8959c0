// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Answers} from "./utils/Answers.sol";
import {EndorsersTest} from "./utils/EndorsersTest.sol";

/// @dev Gas of whole transactions at PythiaRegistry, as in Gas.t.sol: three endorsers of five sign.
contract PythiaGasTest is EndorsersTest {
    function direct(string memory name) internal {
        vm.snapshotGasLastCall("gas", name);
    }

    function test_Gas_Endorse() public {
        endorseMeasurement(keccak256("next"), 2);
        direct("endorse a measurement, three endorsers");
        withdrawMeasurement(MEASUREMENT, 1);
        direct("withdraw a measurement, three endorsers");
    }

    function test_Gas_Keys() public {
        register(ENCLAVE_KEY + 1);
        bytes32 keyId = register(ENCLAVE_KEY);
        direct("register an enclave key, three endorsers");
        revoke(keyId);
        direct("revoke an enclave key, three endorsers");

        register(ENCLAVE_KEY + 2);
        (uint256 x, uint256 y) = vm.publicKeyP256(ENCLAVE_KEY + 2);
        bytes32 digest = sha256(
            bytes.concat(
                "pythia/revoke-key/1", bytes32(block.chainid), bytes20(address(registry)), keyIdOf(ENCLAVE_KEY + 2)
            )
        );
        (bytes32 r, bytes32 s) = vm.signP256(ENCLAVE_KEY + 2, digest);
        registry.revokeOwnKey(bytes32(x), bytes32(y), r, s);
        direct("revoke an enclave key by itself");
    }

    function test_Gas_Faults() public {
        register(ENCLAVE_KEY);
        register(ENCLAVE_KEY + 1);
        (uint256 x, uint256 y) = vm.publicKeyP256(ENCLAVE_KEY);
        Answers.Body memory body = Answers.body();
        IPythiaRegistry.Statement memory first = Answers.statement(ENCLAVE_KEY, configurationHash, body);
        body.results = hex"81f6";
        IPythiaRegistry.Statement memory second = Answers.statement(ENCLAVE_KEY, configurationHash, body);
        registry.proveContradiction(bytes32(x), bytes32(y), first, second);
        direct("fault proof: two answers");

        vm.roll(1_000_000);
        body.number = 999_990;
        body.level = 3;
        vm.setBlockhash(body.number, keccak256("canonical"));
        (x, y) = vm.publicKeyP256(ENCLAVE_KEY + 1);
        registry.proveNotCanonical(
            bytes32(x), bytes32(y), Answers.statement(ENCLAVE_KEY + 1, configurationHash, body), preimage
        );
        direct("fault proof: a block that is not the chain's");
    }
}
