// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../interfaces/IProvenFacts.sol";
import {Cbor} from "./Cbor.sol";

/// @title EnclaveConfiguration
/// @notice Reads what an enclave's configuration hash is the SHA-256 of: deterministic CBOR, exactly the protocol's form, no byte more.
///
///   configuration = ["pythia/config/1", chain id: uint, genesis: bstr .size 32, [* contract], rules]
///   contract      = [name: tstr, address: bstr .size 20, code hash: bstr .size 32]       by ascending names, none twice
///   rules         = [level: 0..3]
library EnclaveConfiguration {
    struct Contract {
        bytes32 name; // keccak256 of the name
        address account;
        bytes32 codeHash;
    }

    struct Read {
        uint64 chainId;
        Contract[] contracts;
    }

    bytes32 private constant KIND = keccak256("pythia/config/1");
    uint256 private constant MAX_CONTRACTS = 64;

    function read(bytes calldata configuration) internal pure returns (Read memory found) {
        (, uint256 pos) = Cbor.readArray(configuration, 0, 5, 5);
        bytes calldata kind;
        (kind, pos) = Cbor.readText(configuration, pos);
        if (keccak256(kind) != KIND) Cbor.fail(1);
        (found.chainId, pos) = Cbor.readUnsigned(configuration, pos);
        (, pos) = Cbor.readHash(configuration, pos);

        (found.contracts, pos) = _contracts(configuration, pos);

        (, pos) = Cbor.readArray(configuration, pos, 1, 1);
        uint64 level;
        (level, pos) = Cbor.readUnsigned(configuration, pos);
        if (level > 3 || pos != configuration.length) Cbor.fail(pos);
    }

    /// @notice The contract of that name; reverts where there is none.
    function find(Read memory configuration, bytes32 name) internal pure returns (Contract memory) {
        for (uint256 i = 0; i < configuration.contracts.length; ++i) {
            if (configuration.contracts[i].name == name) return configuration.contracts[i];
        }
        revert IProvenFacts.ConfigurationForeign(address(0), 0);
    }

    function _contracts(bytes calldata configuration, uint256 pos)
        private
        pure
        returns (Contract[] memory contracts, uint256 end)
    {
        uint256 count;
        (count, end) = Cbor.readArray(configuration, pos, 0, MAX_CONTRACTS);
        contracts = new Contract[](count);
        bytes calldata before = configuration[:0];
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = end;
            (, end) = Cbor.readArray(configuration, end, 3, 3);
            bytes calldata name;
            (name, end) = Cbor.readText(configuration, end);
            if (i > 0 && !_isBelow(before, name)) Cbor.fail(start);
            contracts[i].name = keccak256(name);
            (contracts[i].account, end) = Cbor.readAddress(configuration, end);
            (contracts[i].codeHash, end) = Cbor.readHash(configuration, end);
            before = name;
        }
    }

    function _isBelow(bytes calldata a, bytes calldata b) private pure returns (bool) {
        for (uint256 i = 0; i < a.length && i < b.length; ++i) {
            if (a[i] != b[i]) return a[i] < b[i];
        }
        return a.length < b.length;
    }
}
