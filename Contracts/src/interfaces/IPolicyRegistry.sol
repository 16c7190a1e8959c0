// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignedActs} from "./ISignedActs.sol";

/// @title IPolicyRegistry
/// @notice Policies under which data is shared. A policy's id is keccak256 of its exact bytes, which never change and
/// are kept in the event only. Its publisher can deprecate it, for new consents; nothing else.
interface IPolicyRegistry is ISignedActs {
    /// @notice One storage slot. @param status 0 unknown, 1 published, 2 deprecated.
    struct Policy {
        uint8 status;
        address publisher;
        uint64 publishedAt;
    }

    event PolicyPublished(bytes32 indexed policyId, address indexed publisher, bytes content);
    event PolicyDeprecated(bytes32 indexed policyId, address indexed publisher);

    error PolicyEmpty();
    error PolicyExists(bytes32 policyId, address publisher);
    error PolicyUnknown(bytes32 policyId);
    error PolicyNotPublisher(bytes32 policyId, address actor, address publisher);
    error PolicyAlreadyDeprecated(bytes32 policyId);

    /// @notice Publishes these bytes; whoever comes first is their publisher. Coming first with another's bytes gains
    /// only the right to deprecate them: a publisher who minds names itself in the bytes and adds a salt, so that
    /// the theft is plain and the same policy has another id.
    function publish(bytes calldata content) external returns (bytes32 policyId);
    /// @notice The signer signs the policy's id.
    function publishSigned(bytes calldata content, Auth calldata auth) external;

    function deprecate(bytes32 policyId) external;
    function deprecateSigned(bytes32 policyId, Auth calldata auth) external;

    function policy(bytes32 policyId) external view returns (Policy memory);
}
