// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenFacts} from "../interfaces/IProvenFacts.sol";
import {Rlp} from "./Rlp.sol";

/// @title BlockHeader
/// @notice Reads what facts need of a block's header: RLP list (Yellow Paper 4.3) of parent hash, ommers hash, beneficiary, state root,
/// transactions root, receipts root, logs bloom, difficulty, number, gas limit, gas used, time, and what forks have put behind them.
library BlockHeader {
    uint256 private constant STATE_ROOT = 3;
    uint256 private constant NUMBER = 8;
    uint256 private constant TIME = 11;
    /// @dev Members of the first fork's header; later ones have more.
    uint256 private constant LEAST_MEMBERS = 15;

    function read(bytes calldata header) internal pure returns (IProvenFacts.BlockFacts memory found) {
        found.hash = keccak256(header);
        (bool ok, uint256 pos) = Rlp.wholeList(header, 0, header.length);
        uint256 members = 0;
        for (; ok && pos < header.length; ++members) {
            (ok, pos) = _member(header, pos, members, found);
        }
        if (!ok || members < LEAST_MEMBERS) revert IProvenFacts.HeaderMalformed(members);
    }

    function _member(bytes calldata header, uint256 pos, uint256 index, IProvenFacts.BlockFacts memory found)
        private
        pure
        returns (bool ok, uint256 end)
    {
        if (index == STATE_ROOT) {
            (ok, found.stateRoot, end) = Rlp.hash(header, pos, header.length);
        } else if (index == NUMBER) {
            (ok, found.number, end) = _number(header, pos);
        } else if (index == TIME) {
            (ok, found.time, end) = _number(header, pos);
        } else {
            (ok,,, end) = Rlp.read(header, pos, header.length);
        }
    }

    function _number(bytes calldata header, uint256 pos) private pure returns (bool ok, uint64 number, uint256 end) {
        uint256 value;
        (ok, value, end) = Rlp.scalar(header, pos, header.length);
        return (ok && value <= type(uint64).max, uint64(value), end);
    }
}
