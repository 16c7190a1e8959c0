// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IPythiaRegistry} from "../interfaces/IPythiaRegistry.sol";
import {Cbor} from "./Cbor.sol";

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
        /// Where they begin in the question, and where they end.
        uint256 factStart;
        uint256 factEnd;
        /// keccak256 of the result's bytes: deterministic, so equal results have equal bytes.
        bytes32 result;
    }

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
            hex"836f", "pythia/answer/1", hex"5820", configuration, Cbor.bytesHead(question.length), question
        );
        return abi.encodePacked(
            hex"846a", "Signature1", protected_, Cbor.bytesHead(aad.length), aad, Cbor.bytesHead(body.length), body
        );
    }

    /// @dev 84 ‖ 4d a2 01 26 04 48 ‖ kid 8 ‖ a0 ‖ bstr body ‖ 58 40 ‖ signature 64.
    function _parts(bytes calldata answer) private pure returns (bytes calldata body, bytes calldata signature) {
        if (answer.length < BODY_START || answer.length > type(uint16).max) Cbor.fail(0);
        if (bytes7(answer[:7]) != START) Cbor.fail(0);
        if (answer[PROTECTED_END] != 0xa0) Cbor.fail(PROTECTED_END);

        uint256 pos;
        (body, pos) = Cbor.readBytes(answer, BODY_START);
        uint256 end;
        (signature, end) = Cbor.readBytes(answer, pos);
        if (signature.length != SIGNATURE_BYTES || end != answer.length) Cbor.fail(pos);
    }

    function _readQuestion(bytes calldata question, uint256 index, Said memory said) private pure {
        (, uint256 pos) = Cbor.readArray(question, 0, 4, 4);
        uint64 version;
        (version, pos) = Cbor.readUnsigned(question, pos);
        if (version != 1) Cbor.fail(pos);
        (said.device, pos) = Cbor.readHash(question, pos);
        (, pos) = Cbor.readUnsigned(question, pos);

        uint256 count;
        (count, pos) = Cbor.readArray(question, pos, 1, 4);
        if (index >= count) Cbor.fail(pos);
        for (uint256 i = 0; i < count; ++i) {
            uint256 end = _fact(question, pos);
            if (i == index) (said.fact, said.factStart, said.factEnd) = (keccak256(question[pos:end]), pos, end);
            pos = end;
        }
        if (pos != question.length) Cbor.fail(pos);
    }

    function _readBody(bytes calldata body, uint256 index, Said memory said) private pure {
        (, uint256 pos) = Cbor.readArray(body, 0, 6, 6);
        (said.number, pos) = Cbor.readUnsigned(body, pos);
        (said.time, pos) = Cbor.readUnsigned(body, pos);
        (said.blockHash, pos) = Cbor.readHash(body, pos);
        (said.level, pos) = Cbor.readUnsigned(body, pos);
        if (said.level > 3) Cbor.fail(pos);
        pos = _nonce(body, pos);

        uint256 count;
        (count, pos) = Cbor.readArray(body, pos, 1, 4);
        if (index >= count) Cbor.fail(pos);
        for (uint256 i = 0; i < count; ++i) {
            uint256 end = _result(body, pos);
            if (i == index) said.result = keccak256(body[pos:end]);
            pos = end;
        }
        if (pos != body.length) Cbor.fail(pos);
    }

    function _fact(bytes calldata data, uint256 pos) private pure returns (uint256 end) {
        uint256 count;
        (count, end) = Cbor.readArray(data, pos, 1, 5);
        (, end) = Cbor.readUnsigned(data, end);
        for (uint256 i = 1; i < count; ++i) {
            end = _value(data, end);
        }
    }

    function _result(bytes calldata data, uint256 pos) private pure returns (uint256 end) {
        if (Cbor.isNull(data, pos)) return pos + 1;
        (uint256 major, uint256 count, uint256 next) = Cbor.readHead(data, pos);
        if (major != Cbor.ARRAY) return _value(data, pos);
        if (count == 0 || count > 6) Cbor.fail(pos);
        end = next;
        for (uint256 i = 0; i < count; ++i) {
            end = _value(data, end);
        }
    }

    function _nonce(bytes calldata data, uint256 pos) private pure returns (uint256) {
        if (Cbor.isNull(data, pos)) return pos + 1;
        (bytes calldata nonce, uint256 end) = Cbor.readBytes(data, pos);
        if (nonce.length != 8) Cbor.fail(pos);
        return end;
    }

    function _value(bytes calldata data, uint256 pos) private pure returns (uint256) {
        (uint256 major,, uint256 next) = Cbor.readHead(data, pos);
        if (major == Cbor.UNSIGNED) return next;
        (bytes calldata content, uint256 end) = Cbor.readBytes(data, pos);
        if (content.length > MAX_VALUE_BYTES) Cbor.fail(pos);
        return end;
    }
}
