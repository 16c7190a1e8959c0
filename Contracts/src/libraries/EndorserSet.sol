// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title EndorserSet
/// @notice A list of addresses with a threshold that is read at the price of one cold account, however long it is: the code
/// of an account of its own. Its bytes: 0x00 (STOP, so that nobody can run it) ‖ threshold 1 ‖ count 1 ‖ addresses 20 each.
library EndorserSet {
    uint256 internal constant MAX = 16;

    uint256 private constant HEAD_BYTES = 3;

    /// @notice Copies the set to memory. An index below {count} is good for {at}.
    function load(address stored) internal view returns (bytes memory set) {
        set = new bytes(HEAD_BYTES + 20 * MAX);
        assembly ("memory-safe") {
            extcodecopy(stored, add(set, 0x20), 0, mload(set))
        }
    }

    function threshold(bytes memory set) internal pure returns (uint256) {
        return uint8(set[1]);
    }

    function count(bytes memory set) internal pure returns (uint256) {
        return uint8(set[2]);
    }

    function member(bytes memory set, uint256 index) internal pure returns (address found) {
        uint256 start = 0x20 + HEAD_BYTES + 20 * index;
        assembly ("memory-safe") {
            found := shr(96, mload(add(set, start)))
        }
    }

    /// @notice Whether addresses ascend (so none is zero and none stands twice), 1 to 16 of them, and the threshold can be met.
    function isValid(address[] memory members, uint256 threshold_) internal pure returns (bool) {
        if (members.length == 0 || members.length > MAX || threshold_ == 0 || threshold_ > members.length) {
            return false;
        }
        address before = address(0);
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] <= before) return false;
            before = members[i];
        }
        return true;
    }

    /// @notice Stores a valid set.
    function store(address[] memory members, uint256 threshold_) internal returns (address stored) {
        bytes memory content = abi.encodePacked(uint8(0), uint8(threshold_), uint8(members.length));
        for (uint256 i = 0; i < members.length; ++i) {
            content = abi.encodePacked(content, members[i]);
        }
        // Returns what stands behind these ten bytes: PUSH2 size, DUP1, PUSH1 10, 0, CODECOPY, 0, RETURN.
        bytes memory code = abi.encodePacked(hex"61", uint16(content.length), hex"80600a3d393df3", content);
        assembly ("memory-safe") {
            stored := create(0, add(code, 0x20), mload(code))
        }
        assert(stored != address(0));
    }
}
