// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IPolicyRegistry} from "./interfaces/IPolicyRegistry.sol";
import {SignedActs} from "./SignedActs.sol";

/// @title PolicyRegistry
/// @notice See {IPolicyRegistry}.
/// @dev A verifier proves `_policies[policyId]`: status (low 8 bits) | publisher (next 160) | publishedAt (next 64).
contract PolicyRegistry is IPolicyRegistry, SignedActs {
    uint8 private constant PUBLISHED = 1;
    uint8 private constant DEPRECATED = 2;

    bytes32 private constant PUBLISH_TYPEHASH =
        keccak256("Publish(bytes32 policyId,address signer,uint256 nonce,uint64 deadline)");
    bytes32 private constant DEPRECATE_TYPEHASH =
        keccak256("Deprecate(bytes32 policyId,address signer,uint256 nonce,uint64 deadline)");

    uint256 private constant DEPRECATE_GAS = 40_000;
    uint256 private constant PUBLISH_GAS = 60_000;
    /// @dev Of publishing, each byte: copied, hashed and logged, with room for the growth of memory.
    uint256 private constant PUBLISH_GAS_PER_BYTE = 20;

    mapping(bytes32 policyId => Policy) private _policies;

    constructor() EIP712("Pythia PolicyRegistry", "1") {}

    /// @inheritdoc IPolicyRegistry
    function publish(bytes calldata content) external returns (bytes32 policyId) {
        if (content.length == 0) revert PolicyEmpty();

        policyId = keccak256(content);
        address publisher = _policies[policyId].publisher;
        if (publisher != address(0)) revert PolicyExists(policyId, publisher);

        publisher = _msgSender();
        _policies[policyId] = Policy({status: PUBLISHED, publisher: publisher, publishedAt: uint64(block.timestamp)});
        emit PolicyPublished(policyId, publisher, content);
    }

    /// @inheritdoc IPolicyRegistry
    function publishSigned(bytes calldata content, Auth calldata auth) external {
        bytes32 structHash =
            keccak256(abi.encode(PUBLISH_TYPEHASH, keccak256(content), auth.signer, auth.nonce, auth.deadline));
        uint256 actGas = PUBLISH_GAS + PUBLISH_GAS_PER_BYTE * content.length;
        _carryOut(structHash, auth, abi.encodeCall(this.publish, (content)), actGas);
    }

    /// @inheritdoc IPolicyRegistry
    function deprecate(bytes32 policyId) external {
        Policy storage found = _policies[policyId];
        if (found.status == 0) revert PolicyUnknown(policyId);
        if (found.publisher != _msgSender()) revert PolicyNotPublisher(policyId, _msgSender(), found.publisher);
        if (found.status == DEPRECATED) revert PolicyAlreadyDeprecated(policyId);

        found.status = DEPRECATED;
        emit PolicyDeprecated(policyId, found.publisher);
    }

    /// @inheritdoc IPolicyRegistry
    function deprecateSigned(bytes32 policyId, Auth calldata auth) external {
        bytes32 structHash = keccak256(abi.encode(DEPRECATE_TYPEHASH, policyId, auth.signer, auth.nonce, auth.deadline));
        _carryOut(structHash, auth, abi.encodeCall(this.deprecate, (policyId)), DEPRECATE_GAS);
    }

    /// @inheritdoc IPolicyRegistry
    function policy(bytes32 policyId) external view returns (Policy memory) {
        return _policies[policyId];
    }
}
