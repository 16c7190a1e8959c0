// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRelay} from "./interfaces/IRelay.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";

/// @title Relay
/// @notice See {IRelay}.
/// @dev Not reentrant, so that the outcome events of one batch stay in order.
contract Relay is IRelay, ReentrancyGuardTransient {
    /// @dev For what follows an item: its outcome event with the longest reason.
    uint256 private constant OUTCOME_GAS = 12_000;

    /// @inheritdoc IRelay
    function relay(Item[] calldata items) external nonReentrant returns (bool[] memory succeeded) {
        succeeded = new bool[](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            (address target, uint256 gas_, bytes calldata data) = (items[i].target, items[i].gas, items[i].data);
            if (!_holds(i, gas_, data.length)) break;
            succeeded[i] = _relay(i, target, gas_, data);
        }
    }

    /// @dev Whether the gas floor holds, with what copying the data takes; for the first item it must.
    function _holds(uint256 index, uint256 gas_, uint256 bytes_) private view returns (bool) {
        uint256 needed = BoundedCall.needed(gas_) + OUTCOME_GAS + bytes_;
        if (gasleft() >= needed) return true;
        if (index == 0) revert RelayStarved(index, gasleft(), needed);
        return false;
    }

    function _relay(uint256 index, address target, uint256 gas_, bytes memory data) private returns (bool success) {
        if (target.code.length == 0) revert RelayTargetNotContract(index, target);

        bytes memory reason;
        (success, reason) = BoundedCall.tryCall(target, gas_, 0, data);
        if (success) emit ItemRelayed(index, target);
        else emit ItemFailed(index, target, reason);
    }
}
