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
            succeeded[i] = _relay(i, items[i]);
        }
    }

    function _relay(uint256 index, Item calldata item) private returns (bool success) {
        address target = item.target;
        if (target.code.length == 0) revert RelayTargetNotContract(index, target);

        bytes memory data = item.data;
        uint256 needed = BoundedCall.needed(item.gas) + OUTCOME_GAS;
        if (gasleft() < needed) revert RelayStarved(index, gasleft(), needed);

        bytes memory reason;
        (success, reason) = BoundedCall.tryCall(target, item.gas, 0, data);
        if (success) emit ItemRelayed(index, target);
        else emit ItemFailed(index, target, reason);
    }
}
