// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../interfaces/IProvenFacts.sol";
import {Rlp} from "./Rlp.sol";

/// @title TrieWalk
/// @notice Follows one key of 32 bytes down a Merkle-Patricia trie (Yellow Paper, appendix D) from a root that is known from elsewhere:
/// included, absent, or a revert that names what is wrong with the proof. Every node is hashed and held to the canonical form, as
/// Enclave/Verifier/Tries does; only a complete path is an absence, and a list of nodes has none missing and none to spare.
/// @dev OpenZeppelin's TrieProof proves inclusions only: it gives an absence and a broken proof the same errors.
library TrieWalk {
    /// @notice Root of a trie that holds nothing: keccak256(0x80).
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    uint256 private constant KEY_NIBBLES = 64;
    uint256 private constant CHILDREN = 16;

    /// @dev A full branch has 532 bytes, a leaf with an account at most 150.
    uint256 private constant MAX_NODE_BYTES = 1024;

    uint256 private constant HASHED_CHILD_BYTES = 33;

    /// @dev How far a walk has come. `start` and `end`: the node that is read now, within nodes[used - 1].
    struct Walk {
        uint256 key;
        /// nibbles of the key that are behind us
        uint256 nibble;
        uint256 used;
        uint256 start;
        uint256 end;
        bool branchExpected;
        /// where the items of the node begin; behind the last, where it ends
        uint256[18] items;
    }

    enum Step {
        Included,
        Absent,
        Hashed,
        Embedded
    }

    /// @notice What the trie holds under `key`.
    /// @param nodes from the root down. A node that lies inside its parent may follow it once more as an element of its own: some
    /// clients list those too. For an empty trie: nothing, or the one byte 0x80.
    /// @return included false for a proven absence.
    /// @return value RLP as the leaf holds it, empty when absent.
    function find(bytes32 root, bytes32 key, bytes[] calldata nodes)
        internal
        pure
        returns (bool included, bytes calldata value)
    {
        Walk memory walk;
        walk.key = uint256(key);
        value = msg.data[:0];
        if (root == EMPTY_ROOT) {
            if (nodes.length > 0 && nodes[0].length == 1 && nodes[0][0] == 0x80) walk.used = 1;
            _checkAllUsed(walk, nodes);
            return (false, value);
        }

        bytes calldata node = value;
        Step step = Step.Hashed;
        while (step == Step.Hashed || step == Step.Embedded) {
            if (step == Step.Hashed) node = _take(walk, nodes, root);
            else _passListed(walk, nodes, node[walk.start:walk.end]);
            (step, root) = _step(walk, node);
        }

        included = step == Step.Included;
        if (included) value = node[walk.start:walk.end];
        _checkAllUsed(walk, nodes);
    }

    /// @dev The next node of the list, which must be the one that `hash` names.
    function _take(Walk memory walk, bytes[] calldata nodes, bytes32 hash) private pure returns (bytes calldata node) {
        uint256 index = walk.used;
        if (index == nodes.length) revert IProvenFacts.ProofCutShort(index);

        node = nodes[index];
        if (keccak256(node) != hash) revert IProvenFacts.ProofHashMismatch(index, keccak256(node), hash);
        // A node below 32 bytes lies inside its parent, but for the root.
        if (node.length > MAX_NODE_BYTES || (index > 0 && node.length < 32)) revert IProvenFacts.ProofMalformed(index);
        (walk.used, walk.start, walk.end) = (index + 1, 0, node.length);
    }

    function _passListed(Walk memory walk, bytes[] calldata nodes, bytes calldata embedded) private pure {
        if (walk.used == nodes.length || nodes[walk.used].length != embedded.length) return;
        if (keccak256(nodes[walk.used]) == keccak256(embedded)) ++walk.used;
    }

    function _step(Walk memory walk, bytes calldata node) private pure returns (Step, bytes32) {
        (bool ok, uint256 pos) = Rlp.wholeList(node, walk.start, walk.end);
        uint256 count = 0;
        for (; ok && pos < walk.end; ++count) {
            if (count > CHILDREN) _fail(walk);
            walk.items[count] = pos;
            (ok,,, pos) = Rlp.read(node, pos, walk.end);
        }
        if (!ok) _fail(walk);

        walk.items[count] = pos;
        if (count == CHILDREN + 1) return _stepBranch(walk, node);
        if (count != 2 || walk.branchExpected) _fail(walk);
        return _stepShort(walk, node);
    }

    /// @dev Sixteen references and a value, which no branch has where all keys are of one length.
    function _stepBranch(Walk memory walk, bytes calldata node) private pure returns (Step, bytes32) {
        if (walk.nibble == KEY_NIBBLES) _fail(walk);
        uint256 occupied = 0;
        for (uint256 i = 0; i < CHILDREN; ++i) {
            if (_checkReference(walk, node, i)) ++occupied;
        }
        if (occupied < 2 || uint8(node[walk.items[CHILDREN]]) != 0x80) _fail(walk);

        uint256 wanted = (walk.key >> (252 - 4 * walk.nibble)) & 0xf;
        ++walk.nibble;
        walk.branchExpected = false;
        return _follow(walk, node, wanted);
    }

    /// @dev Hex-prefix path (Yellow Paper, appendix C), and the value of a leaf or the reference of an extension. The path's first
    /// byte: high nibble 0 extension even, 1 extension odd, 2 leaf even, 3 leaf odd; its low nibble is the first of an odd path
    /// and 0 before an even one.
    function _stepShort(Walk memory walk, bytes calldata node) private pure returns (Step, bytes32) {
        (, bool list, uint256 start, uint256 next) = Rlp.read(node, walk.items[0], walk.end);
        if (list || start == next) _fail(walk);

        uint256 first = uint8(node[start]);
        bool isLeaf = first >= 0x20;
        uint256 path = (first & 0x10) == 0 ? 0 : first & 0xf;
        uint256 nibbles = 2 * (next - start) - ((first & 0x10) == 0 ? 2 : 1);
        if (first >= 0x40 || (first & 0x10 == 0 && first & 0xf != 0)) _fail(walk);
        // A branch must come behind an extension, which takes one nibble more.
        uint256 left = KEY_NIBBLES - walk.nibble;
        if (isLeaf ? nibbles != left : (nibbles == 0 || nibbles >= left)) _fail(walk);

        for (uint256 i = start + 1; i < next; ++i) {
            path = (path << 8) | uint8(node[i]);
        }
        // With no nibbles, it shifts all out: 0 on both sides.
        bool onPath = path == (walk.key << (4 * walk.nibble)) >> (256 - 4 * nibbles);
        walk.nibble += nibbles;
        if (isLeaf) return _endLeaf(walk, node, onPath);

        if (!_checkReference(walk, node, 1)) _fail(walk);
        walk.branchExpected = true;
        return onPath ? _follow(walk, node, 1) : (Step.Absent, bytes32(0));
    }

    function _endLeaf(Walk memory walk, bytes calldata node, bool onPath) private pure returns (Step, bytes32) {
        (, bool list, uint256 start, uint256 end) = Rlp.read(node, walk.items[1], walk.end);
        if (list || start == end) _fail(walk);
        if (!onPath) return (Step.Absent, 0);

        (walk.start, walk.end) = (start, end);
        return (Step.Included, 0);
    }

    /// @dev Nothing (0x80), 0xa0 and a hash, or a list of fewer than 32 bytes as encoded. @return whether there is something.
    function _checkReference(Walk memory walk, bytes calldata node, uint256 item) private pure returns (bool) {
        uint256 first = uint8(node[walk.items[item]]);
        uint256 size = walk.items[item + 1] - walk.items[item];
        if (size == 1 && first == 0x80) return false;
        if ((size != HASHED_CHILD_BYTES || first != 0xa0) && (first < 0xc0 || size >= 32)) _fail(walk);
        return true;
    }

    function _follow(Walk memory walk, bytes calldata node, uint256 item) private pure returns (Step, bytes32) {
        (uint256 from, uint256 to) = (walk.items[item], walk.items[item + 1]);
        if (to - from == HASHED_CHILD_BYTES) return (Step.Hashed, bytes32(node[from + 1:to]));
        if (to - from == 1 && uint8(node[from]) == 0x80) return (Step.Absent, 0);

        (walk.start, walk.end) = (from, to);
        return (Step.Embedded, 0);
    }

    function _checkAllUsed(Walk memory walk, bytes[] calldata nodes) private pure {
        if (walk.used != nodes.length) revert IProvenFacts.ProofNodesLeft(walk.used, nodes.length);
    }

    function _fail(Walk memory walk) private pure {
        revert IProvenFacts.ProofMalformed(walk.used - 1);
    }
}
