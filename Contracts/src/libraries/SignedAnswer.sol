// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IPythiaRegistry} from "../interfaces/IPythiaRegistry.sol";

/// @title SignedAnswer
/// @notice Reads questions and signed answers of enclaves, as strictly as a device does: deterministic CBOR (RFC 8949 §4.2),
/// exactly the protocol's form, no byte more. Everything else reverts with the offset at which it ends to be so.
///
///   question = [1, device: bstr .size 32, min-block: uint, [1*4 [fact: uint, *4(uint / bstr)]]]
///   answer   = [bstr .cbor {1: -7, 4: bstr .size 8}, {}, bstr .cbor body, bstr .size 64]
///   body     = [block: uint, time: uint, hash: bstr .size 32, level: 0..3, nonce: bstr .size 8 / null, [1*4 result]]
///   result   = null / uint / bstr / [1*6 (uint / bstr)]
library SignedAnswer {
    /// @notice What an answer says of one fact.
    struct Said {
        uint64 number;
        uint64 time;
        bytes32 blockHash;
        uint64 level;
        bytes32 device;
        /// keccak256 of the fact's bytes in the question: its number and arguments.
        bytes32 fact;
        /// keccak256 of the result's bytes: deterministic, so equal results have equal bytes.
        bytes32 result;
    }

    uint256 private constant UNSIGNED = 0;
    uint256 private constant BYTES = 2;
    uint256 private constant ARRAY = 4;
    bytes1 private constant NULL = 0xf6;
    uint256 private constant MAX_VALUE_BYTES = 32;
    uint256 private constant SIGNATURE_BYTES = 64;
    /// @dev Array of 4; bstr of 13 bytes; {1: -7, 4: bstr of 8 bytes …: what stands before the key's hint.
    bytes7 private constant START = 0x844da201260448;
    uint256 private constant PROTECTED_END = 15;
    uint256 private constant BODY_START = 16;

    /// @notice What the answer says of its question's fact at `index`, once the signature is seen to be the key's.
    /// @return signed false where the signature is not this key's over this question and configuration.
    function read(IPythiaRegistry.Statement calldata statement, bytes32 configuration, bytes32 x, bytes32 y)
        internal
        view
        returns (bool signed, Said memory said)
    {
        (bytes calldata body, bytes calldata signature) = _parts(statement.answer);
        bytes32 digest = sha256(_toBeSigned(statement.answer[1:PROTECTED_END], body, configuration, statement.question));
        signed = P256.verify(digest, bytes32(signature[:32]), bytes32(signature[32:]), x, y);
        if (!signed) return (signed, said);

        _readQuestion(statement.question, statement.fact, said);
        _readBody(body, statement.fact, said);
    }

    /// @dev Sig_structure (RFC 9052 §4.4): ["Signature1", protected, external_aad, payload] with
    /// external_aad = bstr .cbor ["pythia/answer/1", configuration: bstr .size 32, bstr .cbor question].
    function _toBeSigned(bytes calldata protected_, bytes calldata body, bytes32 configuration, bytes calldata question)
        private
        pure
        returns (bytes memory)
    {
        bytes memory aad = abi.encodePacked(
            hex"836f", "pythia/answer/1", hex"5820", configuration, _bytesHead(question.length), question
        );
        return abi.encodePacked(
            hex"846a", "Signature1", protected_, _bytesHead(aad.length), aad, _bytesHead(body.length), body
        );
    }

    /// @dev The head of a byte string of this length, shortest form.
    function _bytesHead(uint256 length) private pure returns (bytes memory) {
        if (length < 24) return abi.encodePacked(uint8(0x40 + length));
        if (length < 0x100) return abi.encodePacked(uint8(0x58), uint8(length));
        return abi.encodePacked(uint8(0x59), uint16(length));
    }

    /// @dev 84 ‖ 4d a2 01 26 04 48 ‖ kid 8 ‖ a0 ‖ bstr body ‖ 58 40 ‖ signature 64.
    function _parts(bytes calldata answer) private pure returns (bytes calldata body, bytes calldata signature) {
        if (answer.length < BODY_START || answer.length > type(uint16).max) _fail(0);
        if (bytes7(answer[:7]) != START) _fail(0);
        if (answer[PROTECTED_END] != 0xa0) _fail(PROTECTED_END);

        uint256 pos;
        (body, pos) = _bytes(answer, BODY_START);
        uint256 end;
        (signature, end) = _bytes(answer, pos);
        if (signature.length != SIGNATURE_BYTES || end != answer.length) _fail(pos);
    }

    function _readQuestion(bytes calldata question, uint256 index, Said memory said) private pure {
        uint256 pos = _array(question, 0, 4, 4);
        uint64 version;
        (version, pos) = _unsigned(question, pos);
        if (version != 1) _fail(pos);
        (said.device, pos) = _hash(question, pos);
        (, pos) = _unsigned(question, pos);

        uint256 count;
        (count, pos) = _arrayOf(question, pos, 1, 4);
        if (index >= count) _fail(pos);
        for (uint256 i = 0; i < count; ++i) {
            uint256 end = _fact(question, pos);
            if (i == index) said.fact = keccak256(question[pos:end]);
            pos = end;
        }
        if (pos != question.length) _fail(pos);
    }

    function _readBody(bytes calldata body, uint256 index, Said memory said) private pure {
        uint256 pos = _array(body, 0, 6, 6);
        (said.number, pos) = _unsigned(body, pos);
        (said.time, pos) = _unsigned(body, pos);
        (said.blockHash, pos) = _hash(body, pos);
        (said.level, pos) = _unsigned(body, pos);
        if (said.level > 3) _fail(pos);
        pos = _nonce(body, pos);

        uint256 count;
        (count, pos) = _arrayOf(body, pos, 1, 4);
        if (index >= count) _fail(pos);
        for (uint256 i = 0; i < count; ++i) {
            uint256 end = _result(body, pos);
            if (i == index) said.result = keccak256(body[pos:end]);
            pos = end;
        }
        if (pos != body.length) _fail(pos);
    }

    function _fact(bytes calldata data, uint256 pos) private pure returns (uint256 end) {
        uint256 count;
        (count, end) = _arrayOf(data, pos, 1, 5);
        (, end) = _unsigned(data, end);
        for (uint256 i = 1; i < count; ++i) {
            end = _value(data, end);
        }
    }

    function _result(bytes calldata data, uint256 pos) private pure returns (uint256 end) {
        if (pos < data.length && data[pos] == NULL) return pos + 1;
        (uint256 major, uint256 count, uint256 next) = _head(data, pos);
        if (major != ARRAY) return _value(data, pos);
        if (count == 0 || count > 6) _fail(pos);
        end = next;
        for (uint256 i = 0; i < count; ++i) {
            end = _value(data, end);
        }
    }

    function _nonce(bytes calldata data, uint256 pos) private pure returns (uint256) {
        if (pos < data.length && data[pos] == NULL) return pos + 1;
        (bytes calldata nonce, uint256 end) = _bytes(data, pos);
        if (nonce.length != 8) _fail(pos);
        return end;
    }

    function _value(bytes calldata data, uint256 pos) private pure returns (uint256) {
        (uint256 major,, uint256 next) = _head(data, pos);
        if (major == UNSIGNED) return next;
        (bytes calldata content, uint256 end) = _bytes(data, pos);
        if (content.length > MAX_VALUE_BYTES) _fail(pos);
        return end;
    }

    function _hash(bytes calldata data, uint256 pos) private pure returns (bytes32, uint256) {
        (bytes calldata content, uint256 end) = _bytes(data, pos);
        if (content.length != 32) _fail(pos);
        return (bytes32(content), end);
    }

    function _bytes(bytes calldata data, uint256 pos) private pure returns (bytes calldata content, uint256 end) {
        (uint256 major, uint256 length, uint256 next) = _head(data, pos);
        end = next + length;
        if (major != BYTES || end > data.length) _fail(pos);
        content = data[next:end];
    }

    function _unsigned(bytes calldata data, uint256 pos) private pure returns (uint64, uint256) {
        (uint256 major, uint256 value, uint256 next) = _head(data, pos);
        if (major != UNSIGNED) _fail(pos);
        return (uint64(value), next);
    }

    function _array(bytes calldata data, uint256 pos, uint256 least, uint256 most) private pure returns (uint256 next) {
        (, next) = _arrayOf(data, pos, least, most);
    }

    function _arrayOf(bytes calldata data, uint256 pos, uint256 least, uint256 most)
        private
        pure
        returns (uint256 count, uint256 next)
    {
        uint256 major;
        (major, count, next) = _head(data, pos);
        if (major != ARRAY || count < least || count > most) _fail(pos);
    }

    /// @dev Major type, argument (below 2^64) and what follows them; the argument in its shortest form only (RFC 8949 §4.2.1).
    function _head(bytes calldata data, uint256 pos)
        private
        pure
        returns (uint256 major, uint256 argument, uint256 next)
    {
        if (pos >= data.length) _fail(pos);
        uint256 first = uint8(data[pos]);
        (major, argument, next) = (first >> 5, first & 0x1f, pos + 1);
        if (argument < 24) return (major, argument, next);
        if (argument > 27) _fail(pos);

        uint256 size = 1 << (argument - 24);
        next += size;
        if (next > data.length) _fail(pos);
        argument = uint64(bytes8(data[pos + 1:next])) >> (64 - 8 * size);
        uint256 shortest = size == 1 ? 24 : 1 << (4 * size);
        if (argument < shortest) _fail(pos);
    }

    function _fail(uint256 offset) private pure {
        revert IPythiaRegistry.AnswerMalformed(offset);
    }
}
