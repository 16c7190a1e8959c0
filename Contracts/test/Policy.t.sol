// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPolicyRegistry} from "../src/interfaces/IPolicyRegistry.sol";
import {ISignedActs} from "../src/interfaces/ISignedActs.sol";
import {PythiaTest} from "./utils/PythiaTest.sol";

contract PolicyTest is PythiaTest {
    bytes internal constant CONTENT = '{"purpose":"research"}';
    bytes32 internal constant ID = keccak256(CONTENT);

    function test_Publish_Content_IsNamedByItsHash() public {
        vm.expectEmit(address(policies));
        emit IPolicyRegistry.PolicyPublished(ID, alice, CONTENT);
        vm.prank(alice);
        assertEq(policies.publish(CONTENT), ID, "id");
        IPolicyRegistry.Policy memory policy = policies.policy(ID);
        assertEq(policy.status, 1, "status");
        assertEq(policy.publisher, alice, "publisher");
        assertEq(policy.publishedAt, NOW, "published at");
    }

    function test_Publish_Twice_IsRefused() public {
        vm.prank(alice);
        policies.publish(CONTENT);
        vm.expectRevert(abi.encodeWithSelector(IPolicyRegistry.PolicyExists.selector, ID, alice));
        vm.prank(bob);
        policies.publish(CONTENT);
    }

    function test_Publish_Nothing_IsRefused() public {
        vm.expectRevert(IPolicyRegistry.PolicyEmpty.selector);
        policies.publish("");
    }

    function test_PublishSigned_Content_IsTheSigners_AndOtherContentIsRefused() public {
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(policies), "Publish(bytes32 policyId,", abi.encode(ID));
        vm.expectPartialRevert(ISignedActs.SignedActInvalidSignature.selector);
        policies.publishSigned("{}", auth);
        policies.publishSigned(CONTENT, auth);
        assertEq(policies.policy(ID).publisher, alice, "publisher");
    }

    function test_PublishSigned_LargeContent_FitsItsGas() public {
        bytes memory content = new bytes(24_000);
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(policies), "Publish(bytes32 policyId,", abi.encode(keccak256(content)));
        vm.recordLogs();
        policies.publishSigned(content, auth);
        expectOutcome(true, "");
    }

    function test_Deprecate_ByThePublisher_IsOnceAndForEver() public {
        vm.prank(alice);
        policies.publish(CONTENT);
        ISignedActs.Auth memory auth =
            authFor(ALICE_KEY, address(policies), "Deprecate(bytes32 policyId,", abi.encode(ID));
        policies.deprecateSigned(ID, auth);
        assertEq(policies.policy(ID).status, 2, "status");
        vm.expectRevert(abi.encodeWithSelector(IPolicyRegistry.PolicyAlreadyDeprecated.selector, ID));
        vm.prank(alice);
        policies.deprecate(ID);
        vm.expectRevert(abi.encodeWithSelector(IPolicyRegistry.PolicyExists.selector, ID, alice));
        vm.prank(alice);
        policies.publish(CONTENT);
    }

    function test_Deprecate_ByAnother_IsRefused() public {
        vm.prank(alice);
        policies.publish(CONTENT);
        vm.expectRevert(abi.encodeWithSelector(IPolicyRegistry.PolicyNotPublisher.selector, ID, bob, alice));
        vm.prank(bob);
        policies.deprecate(ID);
    }

    function test_Deprecate_OfNothing_IsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IPolicyRegistry.PolicyUnknown.selector, ID));
        policies.deprecate(ID);
    }
}
