// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "./IProvenFacts.sol";

/// @title IPythiaRegistry
/// @notice Which enclaves are genuine: measurements (MRENCLAVE) and configuration hashes that m of n endorsers stand for,
/// enclave keys under them, and the end of each. A key ends by its date, by m endorsers, by itself, with its
/// measurement or configuration, or by a proof that it signed what can't be true, which anybody may bring.
///
/// An endorsers' act carries the signatures of at least `threshold` different endorsers over one EIP-712 struct of this
/// domain (`Pythia PythiaRegistry`, version 1), ECDSA first, then ERC-1271 with capped gas. `endorsements` is, for each,
/// endorser 1 ‖ length 2 ‖ signature: the endorser's index in {endorsers}, ascending, and what it signed. Anybody may send
/// an act, on its own or as an item of a Relay. There are no nonces; every act can happen once, by its nature:
///  - an endorsement and a withdrawal name the place in the list, and a place is never used again;
///  - a key id is registered once, for ever; a key that is revoked stays so, and may be revoked before it is registered;
///  - a change of endorsers names the version of the set that it replaces.
/// So what takes back can't be made to fail by other acts, and a withheld registration is void once the measurement or
/// the configuration was withdrawn, the key was revoked, or too few of its signers are still endorsers.
///
/// Endorsers see to it that a configuration is of this chain and names this deployment's contracts, this registry among them: answers
/// under one of another chain could be held against nothing here. The fault proofs below trust nobody for that, and refuse such a
/// configuration where it matters, so that its keys can't be ended by honest answers.
///
/// A key's own word is ES256 (SHA-256, P-256, high s allowed) over
/// `"pythia/revoke-key/1" ‖ chain id 32 ‖ this contract 20 ‖ key id 32`.
interface IPythiaRegistry {
    /// @notice One storage slot. The words at `measurement` and `configuration` are zero once withdrawn.
    /// @param status 0 unknown, 1 registered, 2 revoked, 3 faulted.
    /// @param notAfter last second (Unix time) at which the key is good.
    /// @param measurement place in the list of measurements, from 1; 0 for a key that was revoked before it came.
    /// @param configuration place in the list of configurations, from 1.
    /// @param operator who runs the enclave: the first 16 bytes of SHA-256 of its name. Keys of different operators
    /// have different ones.
    struct EnclaveKey {
        uint8 status;
        uint40 notAfter;
        uint32 measurement;
        uint32 configuration;
        bytes16 operator;
    }

    /// @notice What endorsers stand for, having checked the evidence (quote and collateral).
    /// @param x ES256 signing key, x. @param y y. The key's id is SHA-256(x ‖ y).
    /// @param agreementKeyHash SHA-256(x ‖ y) of the key-agreement key that the same evidence binds.
    /// @param measurement place in the list; the endorsers sign the value that stands there.
    /// @param configuration likewise.
    /// @param operator see {EnclaveKey}.
    /// @param notAfter at most MAX_KEY_LIFETIME from now.
    /// @param evidence SHA-256 of the evidence that was checked.
    struct Registration {
        bytes32 x;
        bytes32 y;
        bytes32 agreementKeyHash;
        uint32 measurement;
        uint32 configuration;
        bytes16 operator;
        uint40 notAfter;
        bytes32 evidence;
    }

    /// @notice An answer that a key signed. @param question deterministic CBOR, as the signature binds it.
    /// @param answer the COSE_Sign1 as it travelled, low s. @param fact which of the question's facts, from 0.
    struct Statement {
        bytes question;
        bytes answer;
        uint8 fact;
    }

    /// @notice What an answer is held to: the state of the block that it names.
    /// @param configuration what the key's configuration hash is the SHA-256 of: deterministic CBOR
    /// `["pythia/config/1", chain id, genesis hash, [* [name, address, code hash]], rules]`.
    /// @param header RLP of the block's header. @param accounts see {IProvenFacts-resultOf}.
    struct StorageProof {
        bytes configuration;
        bytes header;
        IProvenFacts.AccountProof[] accounts;
    }

    /// @notice What a key did. The numbers are the event's.
    enum Fault {
        None,
        /// Two results for one fact about one device under one block hash.
        Contradiction,
        /// Two numbers or times for one block hash, or others than its header has.
        Block,
        /// A finalized block hash that is not the chain's.
        NotCanonical,
        /// A result that the named block's own state contradicts.
        Storage
    }

    event MeasurementEndorsed(uint32 indexed index, bytes32 indexed measurement);
    event MeasurementWithdrawn(uint32 indexed index, bytes32 indexed measurement);
    event ConfigurationEndorsed(uint32 indexed index, bytes32 indexed configuration);
    event ConfigurationWithdrawn(uint32 indexed index, bytes32 indexed configuration);
    event KeyRegistered(bytes32 indexed keyId, Registration registration);
    /// @param byItself whether the key's own signature ended it.
    event KeyRevoked(bytes32 indexed keyId, bool byItself);
    /// @param blockHash that the false answer names.
    event KeyFaulted(bytes32 indexed keyId, Fault fault, bytes32 blockHash);
    event EndorsersChanged(uint32 indexed version, address[] endorsers, uint8 threshold);

    /// @notice Found the present time, expected at most the deadline.
    error EndorsementExpired(uint256 blockTime, uint64 deadline);
    /// @notice The bytes end within the endorsement that begins at this offset.
    error EndorsementsMalformed(uint256 offset);
    error EndorsementsTooFew(uint256 found, uint256 threshold);
    /// @notice The index is not above the one before it, or there is no such endorser.
    error EndorserOutOfOrder(uint256 endorser);
    /// @notice The signature is neither the endorser's key's nor accepted by the endorser's contract.
    error EndorsementInvalid(address endorser, bytes32 digest);
    error EndorserSetInvalid();

    error MeasurementRefused(uint32 index, bytes32 measurement);
    error ConfigurationRefused(uint32 index, bytes32 configuration);
    error KeyStatusRefused(bytes32 keyId, uint8 status);
    error KeyExpiryRefused(bytes32 keyId, uint40 notAfter);
    error KeyStatementInvalid(bytes32 keyId);
    /// @notice The answer holds no signature of this key for this question under the key's configuration.
    error AnswerNotSigned(bytes32 keyId);
    /// @notice The bytes' hash is not the one that the key was registered under.
    error ConfigurationMismatch(bytes32 found, bytes32 expected);
    error ChainMismatch(uint256 found, uint256 expected);
    /// @notice The header's hash is not the one that the answer names.
    error HeaderMismatch(bytes32 found, bytes32 expected);
    /// @notice The answers, or answer and chain, don't contradict each other.
    error FaultNotProven();
    /// @notice The chain no longer knows the hash of this block (EIP-2935 keeps 8,191), or does not yet.
    error BlockUnknown(uint256 number);

    // ---- Endorsers

    /// @notice Puts a measurement in the list. `index` is the list's next place.
    /// Signed: `EndorseMeasurement(bytes32 measurement,uint32 index,uint64 deadline)`.
    function endorseMeasurement(bytes32 measurement, uint32 index, uint64 deadline, bytes calldata endorsements)
        external;

    /// @notice Ends a measurement and all keys under it. It may be endorsed again, at another place: for new keys only.
    /// Signed: `WithdrawMeasurement(bytes32 measurement,uint32 index,uint64 deadline)`.
    function withdrawMeasurement(uint32 index, uint64 deadline, bytes calldata endorsements) external;

    /// @notice Signed: `EndorseConfiguration(bytes32 configuration,uint32 index,uint64 deadline)`.
    function endorseConfiguration(bytes32 configuration, uint32 index, uint64 deadline, bytes calldata endorsements)
        external;

    /// @notice Signed: `WithdrawConfiguration(bytes32 configuration,uint32 index,uint64 deadline)`.
    function withdrawConfiguration(uint32 index, uint64 deadline, bytes calldata endorsements) external;

    /// @notice Puts another set in the place of the endorsers. Keys and lists stay. Addresses ascend; 1 to 16 of them.
    /// Signed: `ChangeEndorsers(address[] endorsers,uint8 threshold,uint32 version,uint64 deadline)` with the present version.
    function changeEndorsers(
        address[] calldata endorsers_,
        uint8 threshold,
        uint64 deadline,
        bytes calldata endorsements
    ) external;

    // ---- Keys

    /// @notice Registers a key. Signed:
    /// `RegisterKey(bytes32 x,bytes32 y,bytes32 agreementKeyHash,bytes32 measurement,bytes32 configuration,bytes16 operator,uint40 notAfter,bytes32 evidence,uint64 deadline)`
    function registerKey(Registration calldata registration, uint64 deadline, bytes calldata endorsements) external;

    /// @notice Ends a key for ever, whether or not it is registered. Signed: `RevokeKey(bytes32 keyId,uint64 deadline)`.
    function revokeKey(bytes32 keyId, uint64 deadline, bytes calldata endorsements) external;

    /// @notice Ends a registered key by its own signature: for an enclave that is taken out of service.
    function revokeOwnKey(bytes32 x, bytes32 y, bytes32 r, bytes32 s) external;

    // ---- Fault proofs: for a key that is or was registered, also after its date or revocation

    /// @notice Ends a key by two of its answers that can't both be true: the same block hash with another number or time,
    /// or the same block hash, device and fact with another result. Nonce, level, min-block and what else was asked
    /// are no matter: a result follows from device, fact and block alone.
    function proveContradiction(bytes32 x, bytes32 y, Statement calldata first, Statement calldata second) external;

    /// @notice Ends a key by an answer of level `finalized` whose block hash is not the chain's at that number.
    /// @param configuration as in {StorageProof}: it must be of this chain. Its genesis hash can't be checked here, so of two chains
    /// with one id only one may have its configurations endorsed.
    function proveNotCanonical(bytes32 x, bytes32 y, Statement calldata statement, bytes calldata configuration)
        external;

    /// @notice Ends a key by one answer and what the block that it names holds in truth: another number or time in its header (nothing
    /// else of the proof is looked at then), or state under its header's root from which another result follows. The block need not be
    /// the chain's, nor recent, and the level is no matter: an enclave signs nothing but what it proved under that header.
    function proveAgainstStorage(bytes32 x, bytes32 y, Statement calldata statement, StorageProof calldata proof)
        external;

    // ---- Views

    function key(bytes32 keyId) external view returns (EnclaveKey memory);

    /// @notice What a block's state says of a fact: fixed with this contract.
    function facts() external view returns (IProvenFacts);

    /// @notice What a verifier makes of it at this block's time: 0 unknown, 1 active, 2 revoked, 3 faulted, 4 withdrawn
    /// (its measurement or configuration), 5 expired.
    function statusOf(bytes32 keyId) external view returns (uint8);

    /// @notice The measurement at a place of the list; zero where there is none any more.
    function measurementAt(uint32 index) external view returns (bytes32);
    function configurationAt(uint32 index) external view returns (bytes32);
    /// @notice The place of a measurement; 0 where it is not endorsed.
    function indexOfMeasurement(bytes32 measurement) external view returns (uint32);
    function indexOfConfiguration(bytes32 configuration) external view returns (uint32);
    /// @notice How many places were ever used.
    function counts() external view returns (uint32 measurements, uint32 configurations);
    function endorsers() external view returns (address[] memory endorsers_, uint8 threshold, uint32 version);
}
