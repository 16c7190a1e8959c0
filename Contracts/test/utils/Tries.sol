// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Merkle-Patricia tries around a few keys, as deep as a chain's: above `depth` every branch is full, with made-up siblings. Written
/// here from the words of the Yellow Paper (appendices B to D), not with the contracts' code.
library Tries {
    /// @dev One key. An empty value: the trie does not hold it.
    struct Entry {
        bytes32 path;
        bytes value; // as the leaf holds it
    }

    // ---- What leaves hold

    function account(bytes32 storageRoot, bytes32 codeHash) internal pure returns (bytes memory) {
        return list(bytes.concat(hex"01", hex"80", hex"a0", storageRoot, hex"a0", codeHash));
    }

    function word(uint256 value) internal pure returns (bytes memory) {
        return value == 0 ? bytes("") : number(value);
    }

    // ---- RLP

    function number(uint256 value) internal pure returns (bytes memory) {
        uint256 size = 0;
        while (size < 32 && value >> (8 * size) != 0) ++size;
        bytes memory content = new bytes(size);
        for (uint256 i = 0; i < size; ++i) {
            content[size - 1 - i] = bytes1(uint8(value >> (8 * i)));
        }
        return str(content);
    }

    function str(bytes memory content) internal pure returns (bytes memory) {
        if (content.length == 1 && uint8(content[0]) < 0x80) return content;
        return bytes.concat(head(0x80, content.length), content);
    }

    function list(bytes memory items) internal pure returns (bytes memory) {
        return bytes.concat(head(0xc0, items.length), items);
    }

    function head(uint256 base, uint256 length) private pure returns (bytes memory) {
        if (length < 56) return abi.encodePacked(uint8(base + length));
        if (length < 256) return abi.encodePacked(uint8(base + 56), uint8(length));
        return abi.encodePacked(uint8(base + 57), uint16(length));
    }

    // ---- Tries

    function root(Entry[] memory entries, uint256 depth) internal pure returns (bytes32) {
        return entries.length == 0 ? keccak256(hex"80") : keccak256(node(entries, 0, depth));
    }

    /// @dev The nodes on the way to `path`, from the root down.
    function prove(Entry[] memory entries, bytes32 path, uint256 depth) internal pure returns (bytes[] memory nodes) {
        bytes[] memory found = new bytes[](65);
        uint256 count = 0;
        for (uint256 level = 0; level <= 64 && entries.length > 0; ++level) {
            bytes memory encoded = node(entries, level, depth);
            // Nothing there, or it lies in its parent, as all do that are below it.
            if (encoded.length == 0 || (level > 0 && encoded.length < 32)) break;
            found[count++] = encoded;
            if (isEnd(entries, level, depth)) break;
            entries = under(entries, nibble(path, level), level);
        }
        nodes = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            nodes[i] = found[i];
        }
    }

    /// @dev The node that stands above these entries, all of which share the first `level` nibbles; empty for none.
    function node(Entry[] memory entries, uint256 level, uint256 depth) private pure returns (bytes memory) {
        if (isEnd(entries, level, depth)) {
            Entry memory only = held(entries);
            if (only.value.length == 0) return "";
            return list(bytes.concat(str(compact(only.path, level)), str(only.value)));
        }
        bytes memory items = "";
        for (uint256 i = 0; i < 16; ++i) {
            items = bytes.concat(items, child(entries, i, level, depth));
        }
        return list(bytes.concat(items, hex"80"));
    }

    function child(Entry[] memory entries, uint256 index, uint256 level, uint256 depth)
        private
        pure
        returns (bytes memory)
    {
        Entry[] memory below = under(entries, index, level);
        if (below.length == 0) {
            return bytes.concat(hex"a0", keccak256(abi.encode("sibling", entries[0].path, level, index)));
        }
        bytes memory encoded = node(below, level + 1, depth);
        if (encoded.length == 0) return hex"80";
        return encoded.length < 32 ? encoded : bytes.concat(hex"a0", keccak256(encoded));
    }

    /// @dev Below the full branches one leaf is enough for one entry, and none for none.
    function isEnd(Entry[] memory entries, uint256 level, uint256 depth) private pure returns (bool) {
        if (level < depth) return false;
        uint256 values = 0;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (entries[i].value.length > 0) ++values;
        }
        return values <= 1;
    }

    function held(Entry[] memory entries) private pure returns (Entry memory found) {
        for (uint256 i = 0; i < entries.length; ++i) {
            if (entries[i].value.length > 0) found = entries[i];
        }
    }

    function under(Entry[] memory entries, uint256 index, uint256 level) private pure returns (Entry[] memory found) {
        uint256 count = 0;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (nibble(entries[i].path, level) == index) ++count;
        }
        found = new Entry[](count);
        for (uint256 i = entries.length; i > 0; --i) {
            if (nibble(entries[i - 1].path, level) == index) found[--count] = entries[i - 1];
        }
    }

    function nibble(bytes32 path, uint256 level) private pure returns (uint256) {
        return level > 63 ? 0 : (uint256(path) >> (252 - 4 * level)) & 0xf;
    }

    /// @dev Hex-prefix encoding of a leaf's path from `level` on.
    function compact(bytes32 path, uint256 level) private pure returns (bytes memory encoded) {
        bool odd = level % 2 == 1;
        encoded = abi.encodePacked(uint8(odd ? 0x30 + nibble(path, level) : 0x20));
        for (uint256 i = odd ? level + 1 : level; i < 64; i += 2) {
            encoded = bytes.concat(encoded, bytes1(uint8(16 * nibble(path, i) + nibble(path, i + 1))));
        }
    }
}
