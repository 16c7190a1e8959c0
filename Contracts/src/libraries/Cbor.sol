// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Cbor
/// @notice Reads and writes deterministic CBOR (RFC 8949 §4.2) as far as the protocol uses it: unsigned numbers below 2^64, byte
/// strings, text and arrays of known length, each head in its shortest form only. Everything else reverts with its offset.
/// Readers take where an item begins and return where it ends.
library Cbor {
    /// @notice The bytes at this offset are not of the protocol's form.
    error CborMalformed(uint256 offset);

    bytes1 internal constant NULL = 0xf6;
    uint256 internal constant UNSIGNED = 0;
    uint256 internal constant BYTES = 2;
    uint256 internal constant TEXT = 3;
    uint256 internal constant ARRAY = 4;

    // ---- Reading

    function isNull(bytes calldata data, uint256 pos) internal pure returns (bool) {
        return pos < data.length && data[pos] == NULL;
    }

    function readUnsigned(bytes calldata data, uint256 pos) internal pure returns (uint64, uint256) {
        (uint256 major, uint256 value, uint256 next) = readHead(data, pos);
        if (major != UNSIGNED) fail(pos);
        return (uint64(value), next);
    }

    function readBytes(bytes calldata data, uint256 pos) internal pure returns (bytes calldata content, uint256 end) {
        return _readString(data, pos, BYTES);
    }

    function readText(bytes calldata data, uint256 pos) internal pure returns (bytes calldata content, uint256 end) {
        return _readString(data, pos, TEXT);
    }

    /// @notice A byte string of 32 bytes.
    function readHash(bytes calldata data, uint256 pos) internal pure returns (bytes32, uint256) {
        (bytes calldata content, uint256 end) = readBytes(data, pos);
        if (content.length != 32) fail(pos);
        return (bytes32(content), end);
    }

    /// @notice A byte string of 20 bytes.
    function readAddress(bytes calldata data, uint256 pos) internal pure returns (address, uint256) {
        (bytes calldata content, uint256 end) = readBytes(data, pos);
        if (content.length != 20) fail(pos);
        return (address(bytes20(content)), end);
    }

    /// @notice The head of an array of `least` to `most` elements.
    function readArray(bytes calldata data, uint256 pos, uint256 least, uint256 most)
        internal
        pure
        returns (uint256 count, uint256 next)
    {
        uint256 major;
        (major, count, next) = readHead(data, pos);
        if (major != ARRAY || count < least || count > most) fail(pos);
    }

    /// @notice Major type, argument (below 2^64) and what follows them; the argument in its shortest form only (RFC 8949 §4.2.1).
    function readHead(bytes calldata data, uint256 pos)
        internal
        pure
        returns (uint256 major, uint256 argument, uint256 next)
    {
        if (pos >= data.length) fail(pos);
        uint256 first = uint8(data[pos]);
        (major, argument, next) = (first >> 5, first & 0x1f, pos + 1);
        if (argument < 24) return (major, argument, next);
        if (argument > 27) fail(pos);

        uint256 size = 1 << (argument - 24);
        next += size;
        if (next > data.length) fail(pos);
        argument = uint64(bytes8(data[pos + 1:next])) >> (64 - 8 * size);
        uint256 shortest = size == 1 ? 24 : 1 << (4 * size);
        if (argument < shortest) fail(pos);
    }

    function fail(uint256 offset) internal pure {
        revert CborMalformed(offset);
    }

    function _readString(bytes calldata data, uint256 pos, uint256 wanted)
        private
        pure
        returns (bytes calldata content, uint256 end)
    {
        (uint256 major, uint256 length, uint256 next) = readHead(data, pos);
        end = next + length;
        if (major != wanted || end > data.length) fail(pos);
        content = data[next:end];
    }

    // ---- Writing

    /// @notice An unsigned number, shortest form. @param value below 2^64.
    function unsigned(uint256 value) internal pure returns (bytes memory) {
        if (value < 24) return abi.encodePacked(uint8(value));
        if (value < 1 << 8) return abi.encodePacked(uint8(24), uint8(value));
        if (value < 1 << 16) return abi.encodePacked(uint8(25), uint16(value));
        if (value < 1 << 32) return abi.encodePacked(uint8(26), uint32(value));
        assert(value < 1 << 64);
        return abi.encodePacked(uint8(27), uint64(value));
    }

    /// @notice The head of a byte string of this length. @param length below 2^16, else it is malformed.
    function bytesHead(uint256 length) internal pure returns (bytes memory) {
        if (length < 24) return abi.encodePacked(uint8(0x40 + length));
        if (length < 0x100) return abi.encodePacked(uint8(0x58), uint8(length));
        if (length > type(uint16).max) fail(0);
        return abi.encodePacked(uint8(0x59), uint16(length));
    }
}
