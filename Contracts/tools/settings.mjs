// Where the parts of Contracts/ are, and the settings with which the contracts are compiled.
import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The Contracts/ folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What is deployed, in the order of deployment. */
export const deployed = ["DeviceRegistry", "PolicyRegistry", "ConsentRegistry", "Relay", "ProvenFacts", "PythiaRegistry"];

/**
 * Low runs would save code size, high runs save gas at each call; DeviceRegistry must stay under 24,576 bytes (EIP-170).
 * No metadata in the code: the same sources give the same bytes on every path.
 */
export const compilerSettings = {
  evmVersion: "osaka",
  optimizer: { enabled: true, runs: 10000 },
  viaIR: true,
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: {
    "*": {
      "*": [
        "abi",
        "evm.bytecode.object",
        "evm.deployedBytecode.object",
        "evm.deployedBytecode.immutableReferences",
        "evm.methodIdentifiers",
        "storageLayout",
      ],
    },
  },
};

const require = createRequire(import.meta.url);

/** The program of a Foundry tool: the platform's package holds it, so no install script needs to have run. */
export function foundryProgram(tool) {
  const os = { linux: "linux", darwin: "darwin", win32: "win32" }[process.platform];
  const cpu = { x64: "amd64", arm64: "arm64" }[process.arch];
  const file = os === "win32" ? `${tool}.exe` : tool;
  try {
    return require.resolve(`@foundry-rs/${tool}-${os}-${cpu}/bin/${file}`);
  } catch {
    throw new Error(`@foundry-rs/${tool}-${os}-${cpu} not found, expected it in Contracts/node_modules: run "npm ci" there`);
  }
}

/** Every file of a folder whose name ends so, sorted: the same order on every machine. */
export function filesUnder(folder, ending) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(ending))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

export const readJson = file => JSON.parse(readFileSync(file, "utf8"));
