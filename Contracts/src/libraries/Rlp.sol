// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Rlp
/// @notice Reads RLP strictly (Yellow Paper, appendix B): every length in its only shortest form. Nothing reverts: `ok` is false for
/// what is no item, and the caller says what was at fault. OpenZeppelin's RLP takes other forms than the shortest too.
library Rlp {
    /// @notice The item that begins at `pos` of `data` and ends at `limit` at the latest.
    /// @return ok false where there is none.
    /// @return list whether it is a list, else a byte string.
    /// @return start where its content begins.
    /// @return end where it ends.
    function read(bytes calldata data, uint256 pos, uint256 limit)
        internal
        pure
        returns (bool ok, bool list, uint256 start, uint256 end)
    {
        if (pos >= limit || limit > data.length) return (false, false, 0, 0);
        uint256 first = _byte(data, pos);
        if (first < 0x80) return (true, false, pos, pos + 1);

        list = first >= 0xc0;
        uint256 length = first - (list ? 0xc0 : 0x80);
        start = pos + 1;
        if (length > 55) {
            uint256 size = length - 55; // of the length, 1 to 8 bytes
            if (start + size > limit || _byte(data, start) == 0) return (false, false, 0, 0);
            length = _word(data, start) >> (256 - 8 * size);
            if (length <= 55) return (false, false, 0, 0);
            start += size;
        }

        end = start + length;
        if (end > limit) return (false, false, 0, 0);
        // One byte below 0x80 is its own encoding.
        ok = list || length != 1 || _byte(data, start) >= 0x80;
    }

    /// @notice The content of a list that is the whole of data[from:to].
    function wholeList(bytes calldata data, uint256 from, uint256 to) internal pure returns (bool ok, uint256 start) {
        bool list;
        uint256 end;
        (ok, list, start, end) = read(data, from, to);
        ok = ok && list && end == to;
    }

    /// @notice A number of at most 32 bytes, without leading zeros; the empty string is zero.
    function scalar(bytes calldata data, uint256 pos, uint256 limit)
        internal
        pure
        returns (bool ok, uint256 value, uint256 end)
    {
        bool list;
        uint256 start;
        (ok, list, start, end) = read(data, pos, limit);
        uint256 size = end - start;
        ok = ok && !list && size <= 32 && (size == 0 || _byte(data, start) != 0);
        if (ok && size > 0) value = _word(data, start) >> (256 - 8 * size);
    }

    /// @notice A byte string of 32 bytes.
    function hash(bytes calldata data, uint256 pos, uint256 limit)
        internal
        pure
        returns (bool ok, bytes32 value, uint256 end)
    {
        bool list;
        uint256 start;
        (ok, list, start, end) = read(data, pos, limit);
        ok = ok && !list && end - start == 32;
        if (ok) value = bytes32(_word(data, start));
    }

    /// @dev The caller has seen to it that the byte is there.
    function _byte(bytes calldata data, uint256 pos) private pure returns (uint256) {
        return _word(data, pos) >> 248;
    }

    /// @dev 32 bytes; what is behind the data is cut off by the caller.
    function _word(bytes calldata data, uint256 pos) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, pos))
        }
    }
}
