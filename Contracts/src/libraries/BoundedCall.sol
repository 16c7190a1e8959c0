// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title BoundedCall
/// @notice A call that gets exactly the gas it was promised, and of whose answer only a bounded part is copied:
/// a callee can't make its caller pay for a huge one.
library BoundedCall {
    /// @notice Copied from a failed call's revert data at most.
    uint256 internal constant MAX_REASON_BYTES = 512;

    /// @dev The call itself, before any of the callee's gas: access to a cold account and change.
    uint256 private constant CALL_OVERHEAD = 12_000;

    /// @notice The gas that must be left for {tryCall} to give its callee `gas_` in full (EIP-150 keeps 1/64 back).
    function needed(uint256 gas_) internal pure returns (uint256) {
        return gas_ + gas_ / 63 + CALL_OVERHEAD;
    }

    /// @return success whether the call returned.
    /// @return reason the first 512 bytes of the revert data; empty on success.
    function tryCall(address target, uint256 gas_, uint256 value, bytes memory data)
        internal
        returns (bool success, bytes memory reason)
    {
        assembly ("memory-safe") {
            success := call(gas_, target, value, add(data, 0x20), mload(data), 0, 0)
        }
        if (!success) reason = _reason();
    }

    /// @dev The present returndata, cut.
    function _reason() private pure returns (bytes memory reason) {
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, MAX_REASON_BYTES) {
                size := MAX_REASON_BYTES
            }
            reason := mload(0x40)
            mstore(reason, size)
            returndatacopy(add(reason, 0x20), 0, size)
            mstore(0x40, and(add(add(reason, 0x3f), size), not(0x1f)))
        }
    }
}
