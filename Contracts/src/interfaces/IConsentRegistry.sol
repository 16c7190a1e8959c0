// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActs} from "./ISignedActs.sol";

/// @title IConsentRegistry
/// @notice Who may read a device's data or command it, per (device, device epoch, grantee, scope).
///
/// A consent lives iff its device is active, its id is computed with the device's present epoch, its grant epoch is
/// at least the owner's floor for the grantee, and its status is active. Its window is [notBefore, notAfter],
/// both seconds included. There are four ways to end consents, all by the owner at any time:
/// {revoke} one; {revokeGrantee} all of a grantee; {revokeAll}, continued until none remains; and
/// DeviceRegistry.endConsents for all of a device. Each bumps a counter that signed grants carry.
interface IConsentRegistry is ISignedActs {
    /// @notice Two storage slots: the first packs all up to `bond`, the second is `policy`.
    /// @param status 0 none, 1 offered, 2 active, 3 revoked. @param kind 1 data, 2 command.
    /// @param notBefore first second (Unix time). @param notAfter last second.
    /// @param grantEpoch the owner's at the grant. @param bond wei, locked while active, until released.
    struct Consent {
        uint8 status;
        uint8 kind;
        uint40 notBefore;
        uint40 notAfter;
        uint64 grantEpoch;
        uint96 bond;
        bytes32 policy;
    }

    /// @notice One storage slot for each owner and grantee.
    /// @param floor grants of an older grant epoch are dead. @param next in the owner's list. @param listed in it.
    struct Grantee {
        uint64 floor;
        address next;
        bool listed;
    }

    /// @notice One storage slot for each owner: its grant epoch, and the list of its grantees that {revokeAll} walks.
    struct Granter {
        uint64 grantEpoch;
        address first;
        uint32 listed;
    }

    /// @notice What an owner grants.
    /// @param scope keccak256 of the UTF-8 scope, e.g. "telemetry:read".
    /// @param policy a published policy; a command consent may have none (zero).
    struct Terms {
        bytes32 deviceId;
        address grantee;
        bytes32 scope;
        uint8 kind;
        uint40 notBefore;
        uint40 notAfter;
        uint96 bond;
        bytes32 policy;
    }

    /// @notice The counters of the moment at which a grant was signed. If one has moved, the owner has taken
    /// something back since, and the grant fails.
    struct Epochs {
        uint64 grantEpoch;
        uint40 deviceEpoch;
        uint32 ownerEpoch;
    }

    /// @notice The parts of a consent id, keccak256(abi.encode(deviceId, uint64 deviceEpoch, grantee, scope)).
    struct ConsentKey {
        bytes32 deviceId;
        uint64 deviceEpoch;
        address grantee;
        bytes32 scope;
    }

    /// @notice Offered or active, by `status`. Indexed for the three who look for it.
    event ConsentGranted(
        bytes32 indexed consentId,
        address indexed owner,
        address indexed grantee,
        bytes32 deviceId,
        uint64 deviceEpoch,
        bytes32 scope,
        uint8 status,
        uint8 kind,
        uint40 notBefore,
        uint40 notAfter,
        uint64 grantEpoch,
        uint96 bond,
        bytes32 policy
    );
    event ConsentAccepted(bytes32 indexed consentId, address indexed grantee, bytes32 termsHash, uint96 bond);
    /// @notice The consent, if there was one, is revoked; `grantEpoch` is the owner's new one.
    event ConsentRevoked(
        bytes32 indexed consentId,
        address indexed owner,
        address indexed grantee,
        bytes32 deviceId,
        bytes32 scope,
        uint64 grantEpoch
    );
    /// @notice Every consent of this owner for this grantee, on any device, that is older than `floor` is dead.
    /// {revokeAll} says so for each grantee.
    event GranteeRevoked(address indexed owner, address indexed grantee, uint64 floor);
    /// @notice One step of {revokeAll}: `remaining` grantees are still to be revoked by the next step.
    event AllRevoked(address indexed owner, uint64 grantEpoch, uint32 remaining);
    event Deposited(address indexed grantee, address indexed from, uint256 amountWei);
    event Withdrawn(address indexed grantee, address indexed to, uint256 amountWei);
    event BondReleaseStarted(bytes32 indexed consentId, address indexed grantee, uint64 releasableAt);
    event BondReleased(bytes32 indexed consentId, address indexed grantee, uint96 amountWei);

    error ConsentNotOwner(bytes32 deviceId, address actor, address owner);
    error ConsentNotGrantee(address actor, address grantee);
    error ConsentDeviceNotActive(bytes32 deviceId, uint8 status);
    error ConsentKindRefused(uint8 kind);
    error ConsentGranteeRefused(address grantee);
    error ConsentWindowRefused(uint40 notBefore, uint40 notAfter, uint256 blockTime);
    error ConsentPolicyRefused(bytes32 policy, uint8 status);
    /// @notice It lives or its bond is still locked: revoke it, or release the bond, first.
    error ConsentExists(bytes32 consentId, uint8 status);
    error ConsentEpochMoved(Epochs found, Epochs expected);
    /// @notice There is no offer to accept: none, revoked, expired, or its device has moved on.
    error ConsentNotOffered(bytes32 consentId, uint8 status);
    error ConsentTermsMismatch(bytes32 consentId, bytes32 found, bytes32 expected);
    error ConsentDepositTooLow(address grantee, uint256 found, uint256 expected);
    error ConsentNoBond(bytes32 consentId);
    error ConsentNotEnded(bytes32 consentId);
    error ConsentBondNotReleasable(bytes32 consentId, uint256 blockTime, uint64 releasableAt);
    error ConsentPaymentFailed(address to, uint256 amountWei);

    // Owner

    /// @notice Grants. A data consent, and any with a bond, is an offer until the grantee accepts.
    function grant(Terms calldata terms, Epochs calldata epochs) external;
    function grantSigned(Terms calldata terms, Epochs calldata epochs, Auth calldata auth) external;

    /// @notice Revokes one consent of the device's present epoch. Bumps the grant epoch also where there is none yet.
    function revoke(bytes32 deviceId, address grantee, bytes32 scope) external;
    function revokeSigned(bytes32 deviceId, address grantee, bytes32 scope, Auth calldata auth) external;

    /// @notice Revokes everything that this grantee has from the caller, remembered or not, with one write.
    function revokeGrantee(address grantee) external;
    function revokeGranteeSigned(address grantee, Auth calldata auth) external;

    /// @notice Revokes all of up to `max` grantees, 500 at most: no step can grow too big for a transaction. Call again
    /// until the event says that none remains.
    function revokeAll(uint32 max) external;
    function revokeAllSigned(uint32 max, Auth calldata auth) external;

    // Grantee

    /// @notice Accepts the offer whose terms hash to `termsHash` (see {termsHash}) and locks its bond.
    function accept(ConsentKey calldata key, bytes32 termsHash_) external;
    function acceptSigned(ConsentKey calldata key, bytes32 termsHash_, Auth calldata auth) external;

    /// @notice Adds the payment to the grantee's deposit, from which bonds are taken.
    function deposit(address grantee) external payable;
    function withdraw(address payable to, uint256 amountWei) external;
    function withdrawSigned(address payable to, uint256 amountWei, Auth calldata auth) external;

    /// @notice Called twice by anybody: the first call, once the consent has ended, starts the delay; the second,
    /// after it, puts the bond back into the grantee's deposit.
    function releaseBond(ConsentKey calldata key) external;

    // Views

    function consentId(bytes32 deviceId, uint64 deviceEpoch, address grantee, bytes32 scope)
        external
        pure
        returns (bytes32);
    function consent(bytes32 consentId_) external view returns (Consent memory);
    /// @notice keccak256(abi.encode(consentId, kind, notBefore, notAfter, grantEpoch, bond, policy)) of what is on record.
    function termsHash(bytes32 consentId_) external view returns (bytes32);
    /// @notice Whether the grantee holds an active consent for this scope now, at the block's time.
    function isActive(bytes32 deviceId, address grantee, bytes32 scope) external view returns (bool);
    function grantEpoch(address owner) external view returns (uint64);
    function granteeOf(address owner, address grantee) external view returns (Grantee memory);
    function granterOf(address owner) external view returns (Granter memory);
    /// @notice What a grant must carry when it is signed now.
    function epochsOf(bytes32 deviceId) external view returns (Epochs memory);
    function depositOf(address grantee) external view returns (uint256);
    /// @notice Unix time, or 0: {releaseBond} has not been called since the consent ended.
    function bondReleasableAt(bytes32 consentId_) external view returns (uint64);
}
