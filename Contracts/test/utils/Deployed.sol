// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";
import {IConsentRegistry} from "../../src/interfaces/IConsentRegistry.sol";
import {IDeviceRegistry} from "../../src/interfaces/IDeviceRegistry.sol";
import {IPolicyRegistry} from "../../src/interfaces/IPolicyRegistry.sol";
import {IPythiaRegistry} from "../../src/interfaces/IPythiaRegistry.sol";

// The tests deploy the very bytes that tools/compile.mjs has written to out/, and know the contracts by these faces.

interface INonces {
    function nonces(address signer) external view returns (uint256);
    function nonces(address signer, uint192 key) external view returns (uint256);
}

interface DeviceRegistry is IDeviceRegistry, IERC721, INonces {
    function MIN_RECOVERY_DELAY() external view returns (uint32);
    function MAX_RECOVERY_DELAY() external view returns (uint32);
    function RECOVERY_WINDOW() external view returns (uint32);
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);
}

interface PolicyRegistry is IPolicyRegistry, INonces {}

interface ConsentRegistry is IConsentRegistry, INonces {
    function BOND_DELAY() external view returns (uint64);
}

interface PythiaRegistry is IPythiaRegistry {
    function MAX_KEY_LIFETIME() external view returns (uint40);
}
