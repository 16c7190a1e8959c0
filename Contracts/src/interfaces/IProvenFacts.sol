// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IProvenFacts
/// @notice What a block's own state says of a fact: the rules of `Enclave/Verifier/Facts` once more, on the chain. It keeps nothing and
/// trusts nobody: header, accounts and slots are shown, and every one is included, proven absent, or refused with a reason.
///
/// The contracts are those of one deployment, and a configuration must name just these, by address and by the code that they have here:
/// other code may keep its words elsewhere, and an honest enclave's answer would look false.
interface IProvenFacts {
    /// @notice What facts need of a header. @param time Unix seconds.
    struct BlockFacts {
        bytes32 hash;
        bytes32 stateRoot;
        uint64 number;
        uint64 time;
    }

    /// @notice An account and slots of it, as `eth_getProof` (EIP-1186) gives their nodes: from the root down, none missing, none to spare.
    /// @param account under the state root. @param slots under the account's storage root, in the order in which the fact asks for them.
    struct AccountProof {
        bytes[] account;
        bytes[][] slots;
    }

    /// @notice The header is not an RLP list of at least 15 members; the first that can't be read.
    error HeaderMalformed(uint256 member);
    /// @notice The node at this place of its list is not a canonical node, or not at a place where it can stand.
    error ProofMalformed(uint256 node);
    /// @notice The list ends where a node is still wanted: nothing is proven, not even an absence.
    error ProofCutShort(uint256 nodes);
    error ProofHashMismatch(uint256 node, bytes32 found, bytes32 expected);
    error ProofNodesLeft(uint256 used, uint256 found);
    /// @notice The leaf holds no account, or no word of storage.
    error ProofValueMalformed();
    /// @notice As many accounts, and slots of each, as the fact asks for, and no more.
    error ProofCountMismatch(uint256 found, uint256 expected);
    /// @notice The configuration names another contract than this deployment's, or other code than it has (zero: it names none).
    error ConfigurationForeign(address found, bytes32 codeHash);
    error FactUnknown(uint64 fact);

    /// @notice Reads a header; whoever asks compares its hash.
    function blockOf(bytes calldata header) external pure returns (BlockFacts memory);

    /// @notice The chain of a configuration, given as its deterministic CBOR; whoever asks compares its SHA-256.
    function chainIdOf(bytes calldata configuration) external pure returns (uint64);

    /// @notice What a Merkle-Patricia trie with keys of 32 bytes holds: RLP of an account under keccak256(address) of a state root, RLP of a
    /// word under keccak256(slot) of a storage root. Reverts where nothing is proven, not even an absence.
    /// @return included false for a proven absence.
    /// @return value empty when absent.
    function valueAt(bytes32 root, bytes32 path, bytes[] calldata nodes)
        external
        pure
        returns (bool included, bytes memory value);

    /// @notice The result of a fact as an honest enclave encodes it, deterministic CBOR: `f6` (null), a byte string or an array.
    /// @param configuration of the enclave, its deterministic CBOR. @param registry the PythiaRegistry that it names.
    /// @param header of the block: state root and time are taken from it. @param device id.
    /// @param fact `[fact: uint, *(uint / bstr)]`, as in the question. @param proofs for each account that the fact rests on, in this order:
    ///  - OwnerOf, DeviceStatus: DeviceRegistry with 1 slot (the device);
    ///  - Consent: likewise, then for an active device ConsentRegistry with 3 (the consent's first word, its policy, the grantee's floor);
    ///  - CommandAllowed: likewise, then for an active device ConsentRegistry with 2 (the consent's first word, the grantee's floor);
    ///  - PolicyStatus: PolicyRegistry with 1 (the policy);
    ///  - PythiaKey: PythiaRegistry with 1 (the key), or with 3 for one that is known (the key, its measurement, its configuration).
    function resultOf(
        bytes calldata configuration,
        address registry,
        bytes calldata header,
        bytes32 device,
        bytes calldata fact,
        AccountProof[] calldata proofs
    ) external view returns (bytes memory result);
}
