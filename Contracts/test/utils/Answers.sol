// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPythiaRegistry} from "../../src/interfaces/IPythiaRegistry.sol";
import {Vm} from "./Vm.sol";

/// @dev What enclaves sign, written here from the words of the protocol (CBOR by hand), whole or with a part replaced.
library Answers {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 private constant N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;

    bytes32 internal constant DEVICE = keccak256("device");
    bytes32 internal constant BLOCK_HASH = keccak256("block");

    struct Body {
        uint256 number;
        uint256 time;
        bytes32 blockHash;
        uint256 level;
        bytes nonce; // CBOR
        bytes results; // CBOR: the array
    }

    function body() internal pure returns (Body memory) {
        return Body(123_456, 1_800_000_000, BLOCK_HASH, 2, hex"481122334455667788", hex"81820101");
    }

    /// @dev [1, device, min-block, [[4, commander, scope]]]
    function question(uint256 minBlock) internal pure returns (bytes memory) {
        return question(minBlock, bytes.concat(hex"81", commandAllowed()));
    }

    function question(uint256 minBlock, bytes memory facts) internal pure returns (bytes memory) {
        return bytes.concat(hex"84015820", DEVICE, number(minBlock), facts);
    }

    function commandAllowed() internal pure returns (bytes memory) {
        return bytes.concat(hex"830454", bytes20(keccak256("commander")), hex"5820", keccak256("scope"));
    }

    function encode(Body memory b) internal pure returns (bytes memory) {
        return bytes.concat(
            hex"86", number(b.number), number(b.time), hex"5820", b.blockHash, number(b.level), b.nonce, b.results
        );
    }

    function statement(uint256 key, bytes32 configuration, Body memory b)
        internal
        pure
        returns (IPythiaRegistry.Statement memory)
    {
        return statement(key, configuration, question(7), encode(b));
    }

    function statement(uint256 key, bytes32 configuration, bytes memory question_, bytes memory body_)
        internal
        pure
        returns (IPythiaRegistry.Statement memory)
    {
        bytes8 kid = bytes8(sha256("a hint"));
        (bytes32 r, bytes32 s) = sign(key, configuration, question_, body_, kid);
        return IPythiaRegistry.Statement(question_, answer(kid, body_, r, s), 0);
    }

    function sign(uint256 key, bytes32 configuration, bytes memory question_, bytes memory body_, bytes8 kid)
        internal
        pure
        returns (bytes32 r, bytes32 s)
    {
        bytes memory aad =
            bytes.concat(hex"836f", "pythia/answer/1", hex"5820", configuration, head(question_), question_);
        bytes memory signed =
            bytes.concat(hex"846a", "Signature1", hex"4da201260448", kid, head(aad), aad, head(body_), body_);
        (r, s) = vm.signP256(key, sha256(signed));
        if (uint256(s) > N / 2) s = bytes32(N - uint256(s));
    }

    function answer(bytes8 kid, bytes memory body_, bytes32 r, bytes32 s) internal pure returns (bytes memory) {
        return bytes.concat(hex"844da201260448", kid, hex"a0", head(body_), body_, hex"5840", r, s);
    }

    function turned(bytes32 s) internal pure returns (bytes32) {
        return bytes32(N - uint256(s));
    }

    function number(uint256 value) internal pure returns (bytes memory) {
        if (value < 24) return abi.encodePacked(uint8(value));
        if (value < 1 << 8) return abi.encodePacked(uint8(24), uint8(value));
        if (value < 1 << 16) return abi.encodePacked(uint8(25), uint16(value));
        if (value < 1 << 32) return abi.encodePacked(uint8(26), uint32(value));
        return abi.encodePacked(uint8(27), uint64(value));
    }

    function head(bytes memory content) private pure returns (bytes memory encoded) {
        encoded = number(content.length);
        encoded[0] |= 0x40;
    }
}
