// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IRelay
/// @notice Many signed intents in one transaction, each with its own outcome. The relay holds nothing and may be used
/// by anybody: never give it a device, a deposit or an approval.
interface IRelay {
    /// @param target the registry. @param gas what the call gets, exactly. @param data a call of a `…Signed` function.
    struct Item {
        address target;
        uint32 gas;
        bytes data;
    }

    /// @notice The call returned. Whether the act succeeded is said by the registry (IntentCarriedOut, IntentFailed).
    event ItemRelayed(uint256 indexed index, address indexed target);

    /// @notice The call reverted and left nothing behind: no nonce is consumed. `reason` is at most 512 bytes.
    event ItemFailed(uint256 indexed index, address indexed target, bytes reason);

    /// @notice Found this gas before the first item, expected at least this much. A later item that finds too little ends
    /// the batch instead: what stands before it keeps its outcome, it and the rest were not touched and have no event.
    error RelayStarved(uint256 index, uint256 gasLeft, uint256 gasNeeded);
    error RelayTargetNotContract(uint256 index, address target);

    /// @return succeeded whether each call returned; false too where the gas did not reach.
    function relay(Item[] calldata items) external returns (bool[] memory succeeded);
}
