// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPythiaRegistry} from "../src/interfaces/IPythiaRegistry.sol";
import {Cbor} from "../src/libraries/Cbor.sol";
import {Answers} from "./utils/Answers.sol";
import {EndorsersTest} from "./utils/EndorsersTest.sol";

/// @dev Each case starts from a true proof and changes one thing.
contract PythiaFaultTest is EndorsersTest {
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    bytes internal constant ALLOWED = hex"81820101";
    bytes internal constant DENIED = hex"81f6";

    bytes32 internal keyId;
    bytes32 internal x;
    bytes32 internal y;

    function setUp() public override {
        super.setUp();
        keyId = register(ENCLAVE_KEY);
        (uint256 keyX, uint256 keyY) = vm.publicKeyP256(ENCLAVE_KEY);
        (x, y) = (bytes32(keyX), bytes32(keyY));
    }

    function said(Answers.Body memory body) internal view returns (IPythiaRegistry.Statement memory) {
        return Answers.statement(ENCLAVE_KEY, configurationHash, body);
    }

    function saidOf(bytes memory question, bytes memory body) internal view returns (IPythiaRegistry.Statement memory) {
        return Answers.statement(ENCLAVE_KEY, configurationHash, question, body);
    }

    function allowed() internal view returns (IPythiaRegistry.Statement memory) {
        return said(Answers.body());
    }

    function denied() internal view returns (IPythiaRegistry.Statement memory) {
        Answers.Body memory body = Answers.body();
        body.results = DENIED;
        return said(body);
    }

    function prove(IPythiaRegistry.Statement memory first, IPythiaRegistry.Statement memory second) internal {
        registry.proveContradiction(x, y, first, second);
    }

    function refused(IPythiaRegistry.Statement memory first, IPythiaRegistry.Statement memory second, bytes memory why)
        internal
    {
        vm.expectRevert(why);
        prove(first, second);
        vm.expectRevert(why);
        prove(second, first);
        assertEq(registry.statusOf(keyId), 1, "the key is good");
    }

    function notProven() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPythiaRegistry.FaultNotProven.selector);
    }

    function notSigned() internal view returns (bytes memory) {
        return abi.encodeWithSelector(IPythiaRegistry.AnswerNotSigned.selector, keyId);
    }

    // ---- Two answers

    function test_Contradiction_TwoResults_EndTheKey() public {
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyFaulted(keyId, IPythiaRegistry.Fault.Contradiction, Answers.BLOCK_HASH);
        vm.prank(stranger);
        registry.proveContradiction(x, y, allowed(), denied());
        assertEq(registry.statusOf(keyId), 3, "faulted");
        assertEq(registry.key(keyId).status, 3, "stored");
        IPythiaRegistry.Statement memory first = allowed();
        IPythiaRegistry.Statement memory second = denied();
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, keyId, 3));
        prove(first, second);
    }

    function test_Contradiction_WithoutThePrecompile_EndsTheKey() public {
        withoutPrecompile();
        prove(allowed(), denied());
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Contradiction_OtherNonceLevelOrMinBlock_EndsTheKey() public {
        Answers.Body memory body = Answers.body();
        (body.nonce, body.level, body.results) = (hex"f6", 0, DENIED);
        prove(allowed(), saidOf(Answers.question(100_000), Answers.encode(body)));
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Contradiction_InOneOfManyFacts_EndsTheKey() public {
        bytes memory facts = bytes.concat(hex"83", hex"8101", hex"8102", Answers.commandAllowed());
        Answers.Body memory body = Answers.body();
        body.results = hex"8341aa830102036161"; // a text, which no result is
        IPythiaRegistry.Statement memory second = saidOf(Answers.question(7, facts), Answers.encode(body));
        second.fact = 2;
        IPythiaRegistry.Statement memory first = allowed();
        vm.expectPartialRevert(Cbor.CborMalformed.selector);
        prove(first, second);

        body.results = hex"8341aa83010203820102";
        second = saidOf(Answers.question(7, facts), Answers.encode(body));
        refused(allowed(), second, notProven()); // OwnerOf against CommandAllowed
        second.fact = 1;
        refused(allowed(), second, notProven());
        second.fact = 2;
        prove(allowed(), second);
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Contradiction_OneHashWithTwoNumbersOrTimes_EndsTheKey() public {
        Answers.Body memory body = Answers.body();
        body.number += 1;
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyFaulted(keyId, IPythiaRegistry.Fault.Block, Answers.BLOCK_HASH);
        prove(allowed(), said(body));

        register(ENCLAVE_KEY + 1);
        (uint256 otherX, uint256 otherY) = vm.publicKeyP256(ENCLAVE_KEY + 1);
        body.number -= 1;
        body.time -= 12;
        registry.proveContradiction(
            bytes32(otherX),
            bytes32(otherY),
            Answers.statement(ENCLAVE_KEY + 1, configurationHash, body),
            Answers.statement(ENCLAVE_KEY + 1, configurationHash, Answers.body())
        );
        assertEq(registry.statusOf(keyIdOf(ENCLAVE_KEY + 1)), 3, "faulted");
    }

    function test_Contradiction_SameResult_IsNone() public {
        refused(allowed(), allowed(), notProven());
        Answers.Body memory body = Answers.body();
        (body.nonce, body.level) = (hex"f6", 3);
        refused(allowed(), said(body), notProven());
    }

    function test_Contradiction_UnderAnotherBlock_IsNone() public {
        Answers.Body memory body = Answers.body();
        (body.blockHash, body.results) = (keccak256("next"), DENIED);
        refused(allowed(), said(body), notProven());
    }

    function test_Contradiction_OfOtherFactOrDevice_IsNone() public {
        Answers.Body memory body = Answers.body();
        body.results = DENIED;
        bytes memory encoded = Answers.encode(body);
        refused(allowed(), saidOf(Answers.question(7, hex"818101"), encoded), notProven());
        bytes memory other = Answers.question(7);
        other[10] ^= 0x01; // of the device id
        refused(allowed(), saidOf(other, encoded), notProven());
        other = Answers.question(7);
        other[other.length - 1] ^= 0x01; // of the scope
        refused(allowed(), saidOf(other, encoded), notProven());
    }

    function test_Contradiction_QuestionOfAnotherAnswer_IsNotSigned() public {
        IPythiaRegistry.Statement memory second = denied();
        second.question = Answers.question(8);
        refused(allowed(), second, notSigned());
    }

    function test_Contradiction_OfAnotherKeyOrConfiguration_IsNotSigned() public {
        Answers.Body memory body = Answers.body();
        body.results = DENIED;
        refused(allowed(), Answers.statement(ENCLAVE_KEY + 1, configurationHash, body), notSigned());
        refused(allowed(), Answers.statement(ENCLAVE_KEY, keccak256("other"), body), notSigned());
    }

    function test_Contradiction_WithHighS_IsNotSigned() public {
        Answers.Body memory body = Answers.body();
        body.results = DENIED;
        bytes memory encoded = Answers.encode(body);
        bytes8 kid = bytes8(sha256("a hint"));
        (bytes32 r, bytes32 s) = Answers.sign(ENCLAVE_KEY, configurationHash, Answers.question(7), encoded, kid);
        bytes memory turned = Answers.answer(kid, encoded, r, Answers.turned(s));
        refused(allowed(), IPythiaRegistry.Statement(Answers.question(7), turned, 0), notSigned());
        bytes memory straight = Answers.answer(kid, encoded, r, s);
        prove(allowed(), IPythiaRegistry.Statement(Answers.question(7), straight, 0));
    }

    function test_Contradiction_OfAKeyThatIsNot_IsRefused() public {
        (uint256 otherX, uint256 otherY) = vm.publicKeyP256(ENCLAVE_KEY + 1);
        bytes32 other = keyIdOf(ENCLAVE_KEY + 1);
        IPythiaRegistry.Statement memory first = allowed();
        IPythiaRegistry.Statement memory second = denied();
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, other, 0));
        registry.proveContradiction(bytes32(otherX), bytes32(otherY), first, second);
        revoke(other); // never registered
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.KeyStatusRefused.selector, other, 2));
        registry.proveContradiction(bytes32(otherX), bytes32(otherY), first, second);
    }

    function test_Contradiction_OfARevokedOrExpiredKey_StillMarksIt() public {
        revoke(keyId);
        vm.warp(KEY_END + 1);
        prove(allowed(), denied());
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_Contradiction_OfAWithdrawnConfiguration_IsRefused() public {
        withdrawConfiguration(configurationHash, 1);
        IPythiaRegistry.Statement memory first = allowed();
        IPythiaRegistry.Statement memory second = denied();
        vm.expectRevert(abi.encodeWithSelector(IPythiaRegistry.ConfigurationRefused.selector, 1, 0));
        prove(first, second);
    }

    // ---- The form of what is signed

    function test_Answer_OfAnotherForm_IsMalformed() public {
        // Signed by the key, so that only the form is at fault. The offset is within the body.
        bytes32 hash = Answers.BLOCK_HASH;
        bytes memory start = bytes.concat(hex"861a0001e2401a6b49d2005820", hash, hex"02");
        accepted(bytes.concat(start, hex"f6", DENIED));
        malformed(bytes.concat(start, hex"f6", DENIED, hex"00")); // a byte behind it
        malformed(bytes.concat(start, hex"f6", hex"81")); // cut off
        malformed(bytes.concat(start, hex"47112233445566", hex"77", DENIED)); // nonce of seven bytes
        malformed(bytes.concat(start, hex"f6", hex"80")); // no result
        malformed(bytes.concat(start, hex"f6", hex"85f6f6f6f6f6")); // five
        malformed(bytes.concat(start, hex"f6", hex"8180")); // a result of no elements
        malformed(bytes.concat(start, hex"f6", hex"818701010101010101")); // and of seven
        malformed(bytes.concat(start, hex"f6", hex"81818101")); // a list in a list
        malformed(bytes.concat(start, hex"f6", hex"811801")); // 1 in two bytes
        malformed(bytes.concat(start, hex"f6", hex"81190017"));
        malformed(bytes.concat(start, hex"f6", hex"811a0000ffff"));
        malformed(bytes.concat(start, hex"f6", hex"811b00000000ffffffff"));
        malformed(bytes.concat(start, hex"f6", hex"819fff")); // of no stated length
        malformed(bytes.concat(start, hex"f6", hex"8120")); // a negative number
        malformed(bytes.concat(start, hex"f6", hex"815821", hash, hex"00")); // 33 bytes
        malformed(bytes.concat(start, hex"f6", hex"815f41aaff"));
        malformed(bytes.concat(hex"861a0001e2401a6b49d2005820", hash, hex"04f6", DENIED)); // level 4
        malformed(bytes.concat(hex"861a0001e2401a6b49d200581f", bytes31(hash), hex"02f6", DENIED));
        malformed(bytes.concat(hex"871a0001e2401a6b49d2005820", hash, hex"02f6", DENIED, hex"00"));
        malformed(bytes.concat(hex"8641aa1a6b49d2005820", hash, hex"02f6", DENIED)); // a number that is bytes
    }

    function malformed(bytes memory body) internal {
        IPythiaRegistry.Statement memory second = saidOf(Answers.question(7), body);
        IPythiaRegistry.Statement memory first = allowed();
        vm.expectPartialRevert(Cbor.CborMalformed.selector);
        prove(first, second);
    }

    function accepted(bytes memory body) internal {
        register(ENCLAVE_KEY + 2);
        (uint256 otherX, uint256 otherY) = vm.publicKeyP256(ENCLAVE_KEY + 2);
        registry.proveContradiction(
            bytes32(otherX),
            bytes32(otherY),
            Answers.statement(ENCLAVE_KEY + 2, configurationHash, Answers.body()),
            Answers.statement(ENCLAVE_KEY + 2, configurationHash, Answers.question(7), body)
        );
        assertEq(registry.statusOf(keyIdOf(ENCLAVE_KEY + 2)), 3, "faulted");
    }

    function test_Question_OfAnotherForm_IsMalformed() public {
        bytes memory fact = Answers.commandAllowed();
        bytes memory start = bytes.concat(hex"84015820", Answers.DEVICE);
        malformedQuestion(bytes.concat(start, hex"1807", hex"81", fact)); // min-block in two bytes
        malformedQuestion(bytes.concat(start, hex"07", hex"80"));
        malformedQuestion(bytes.concat(start, hex"07", hex"81", fact, hex"00"));
        malformedQuestion(bytes.concat(start, hex"07", hex"85", fact, fact, fact, fact, fact));
        malformedQuestion(bytes.concat(start, hex"07", hex"81", hex"80"));
        malformedQuestion(bytes.concat(start, hex"07", hex"81", hex"86040000000000"));
        malformedQuestion(bytes.concat(start, hex"07", hex"82", fact));
        malformedQuestion(bytes.concat(hex"84025820", Answers.DEVICE, hex"07", hex"81", fact)); // version 2
        malformedQuestion("");
    }

    function malformedQuestion(bytes memory question) internal {
        IPythiaRegistry.Statement memory second = saidOf(question, Answers.encode(Answers.body()));
        IPythiaRegistry.Statement memory first = allowed();
        vm.expectPartialRevert(Cbor.CborMalformed.selector);
        prove(first, second);
    }

    function test_Answer_FactThatWasNotAsked_IsMalformed() public {
        IPythiaRegistry.Statement memory second = denied();
        second.fact = 1;
        IPythiaRegistry.Statement memory first = allowed();
        vm.expectPartialRevert(Cbor.CborMalformed.selector);
        prove(first, second);
    }

    function test_Answer_AnyByteChangedOrCut_NeverEndsTheKey() public {
        IPythiaRegistry.Statement memory first = allowed();
        IPythiaRegistry.Statement memory second = denied();
        bytes memory whole = second.answer;
        for (uint256 i = 0; i < whole.length; ++i) {
            second.answer = bytes.concat(whole);
            second.answer[i] ^= 0x01;
            notEnded(first, second);
            bytes memory cut = bytes.concat(whole);
            assembly {
                mstore(cut, i)
            }
            second.answer = cut;
            notEnded(first, second);
        }
        second.answer = bytes.concat(whole, hex"00");
        notEnded(first, second);
        second.answer = whole;
        prove(first, second);
    }

    function notEnded(IPythiaRegistry.Statement memory first, IPythiaRegistry.Statement memory second) internal {
        (bool success,) = address(registry).call(abi.encodeCall(registry.proveContradiction, (x, y, first, second)));
        assertTrue(!success, "ended by bytes that were not signed");
    }

    function testFuzz_Answer_AnyBytes_NeverEndTheKey(bytes memory answer, bytes memory question, uint8 fact) public {
        notEnded(IPythiaRegistry.Statement(question, answer, fact), denied());
        bytes memory body = answer;
        (bool success,) = address(registry)
            .call(abi.encodeCall(registry.proveContradiction, (x, y, allowed(), saidOf(question, body))));
        assertTrue(!success, "ended by what is no answer");
    }

    // ---- A block that is not the chain's

    function finalized(uint256 number, bytes32 hash, uint256 level)
        internal
        view
        returns (IPythiaRegistry.Statement memory)
    {
        Answers.Body memory body = Answers.body();
        (body.number, body.blockHash, body.level) = (number, hash, level);
        return said(body);
    }

    function test_NotCanonical_OfTheLast256_EndsTheKey() public {
        vm.roll(1_000_000);
        vm.setBlockhash(999_744, keccak256("canonical"));
        vm.expectEmit(address(registry));
        emit IPythiaRegistry.KeyFaulted(keyId, IPythiaRegistry.Fault.NotCanonical, keccak256("false"));
        registry.proveNotCanonical(x, y, finalized(999_744, keccak256("false"), 3), preimage);
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_NotCanonical_FromTheHistory_EndsTheKey() public {
        vm.roll(1_000_000);
        vm.mockCall(HISTORY, abi.encode(uint256(992_000)), abi.encode(keccak256("canonical")));
        IPythiaRegistry.Statement memory truth = finalized(992_000, keccak256("canonical"), 3);
        vm.expectRevert(notProven());
        registry.proveNotCanonical(x, y, truth, preimage);
        registry.proveNotCanonical(x, y, finalized(992_000, keccak256("false"), 3), preimage);
        assertEq(registry.statusOf(keyId), 3, "faulted");
    }

    function test_NotCanonical_TrueOrNotFinalized_IsRefused() public {
        vm.roll(1_000_000);
        vm.setBlockhash(999_999, keccak256("canonical"));
        refusedBlock(finalized(999_999, keccak256("canonical"), 3), notProven());
        refusedBlock(finalized(999_999, keccak256("false"), 2), notProven());
        refusedBlock(finalized(999_999, keccak256("false"), 0), notProven());
    }

    function test_NotCanonical_BlockOfNoKnownHash_IsRefused() public {
        vm.roll(1_000_000);
        vm.mockCall(HISTORY, "", ""); // as the history answers for what it does not hold, or where there is none
        refusedBlock(finalized(1_000_000, keccak256("false"), 3), unknownBlock(1_000_000));
        refusedBlock(finalized(1_000_001, keccak256("false"), 3), unknownBlock(1_000_001));
        refusedBlock(finalized(1, keccak256("false"), 3), unknownBlock(1));
        refusedBlock(finalized(type(uint64).max, keccak256("false"), 3), unknownBlock(type(uint64).max));
    }

    function unknownBlock(uint256 number) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPythiaRegistry.BlockUnknown.selector, number);
    }

    function refusedBlock(IPythiaRegistry.Statement memory statement, bytes memory why) internal {
        vm.expectRevert(why);
        registry.proveNotCanonical(x, y, statement, preimage);
        assertEq(registry.statusOf(keyId), 1, "the key is good");
    }
}
