// Writes Enclave/Verifier/Facts/StorageLayout.cs and Contracts/src/libraries/StorageLayout.sol from snapshots/*.layout.json: where the
// contracts keep what facts rest on, for the enclave and for the contract that judges what enclaves said.
// Usage: node Contracts/tools/layout-constants.mjs [--check] [--snapshots DIR]
//   --check   writes nothing; exit code 1 and what differs when a file is not what the snapshots give
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const { values: options } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    snapshots: { type: "string", default: join(root, "Contracts", "snapshots") },
  },
});

// What the verifier reads. `slots` is the budget of architecture section 5: an entry that grows past it is refused here.
const entries = [
  { contract: "DeviceRegistry", variable: "_devices", name: "Device", keys: ["t_bytes32"], slots: 1, members: ["owner", "status", "epoch", "securityCounter"] },
  {
    contract: "ConsentRegistry", variable: "_consents", name: "Consent", keys: ["t_bytes32"], slots: 2,
    members: ["status", "kind", "notBefore", "notAfter", "grantEpoch", "policy"], firstSlot: ["status", "kind", "notBefore", "notAfter", "grantEpoch"],
  },
  { contract: "ConsentRegistry", variable: "_grantees", name: "Grantee", keys: ["t_address", "t_address"], slots: 1, members: ["floor"] },
  { contract: "PolicyRegistry", variable: "_policies", name: "Policy", keys: ["t_bytes32"], slots: 1, members: ["status"] },
  {
    contract: "PythiaRegistry", variable: "_keys", name: "EnclaveKey", keys: ["t_bytes32"], slots: 1,
    members: ["status", "notAfter", "measurement", "configuration", "operator"],
  },
  { contract: "PythiaRegistry", variable: "_measurements", name: "Measurement", keys: ["t_uint32"], slots: 1, value: "t_bytes32" },
  { contract: "PythiaRegistry", variable: "_configurations", name: "Configuration", keys: ["t_uint32"], slots: 1, value: "t_bytes32" },
];

function fail(message) {
  console.error(`layout-constants: ${message}`);
  process.exit(1);
}

/** The struct, or the one word, behind a mapping, once its keys are the ones that the verifier hashes. */
function structOf(layout, entry, variable) {
  let type = variable.type;
  for (const key of entry.keys) {
    const mapping = layout.types[type];
    if (mapping?.encoding !== "mapping" || mapping.key !== key) {
      fail(`${entry.contract}.${entry.variable}: ${type} found, a mapping with key ${key} expected`);
    }

    type = mapping.value;
  }

  const struct = layout.types[type];
  if (entry.value) {
    if (type !== entry.value) fail(`${entry.contract}.${entry.variable}: ${type} found, ${entry.value} expected`);
    return { members: [] };
  }

  if (!struct?.members) fail(`${entry.contract}.${entry.variable}: ${type} found, a struct expected`);
  if (Number(struct.bytes ?? struct.numberOfBytes) !== 32 * entry.slots) {
    fail(`${entry.contract}.${entry.name}: ${struct.bytes ?? struct.numberOfBytes} bytes found, ${32 * entry.slots} expected`);
  }

  return struct;
}

function membersOf(layout, entry, struct) {
  return (entry.members ?? []).map(label => {
    const member = struct.members.find(candidate => candidate.label === label);
    if (!member) fail(`${entry.contract}.${entry.name}.${label} not found`);
    if (entry.firstSlot?.includes(label) && Number(member.slot) !== 0) {
      fail(`${entry.contract}.${entry.name}.${label}: slot ${member.slot} found, 0 expected: the verifier reads these from one word`);
    }

    const type = layout.types[member.type];
    return { label, name: label[0].toUpperCase() + label.slice(1), slot: Number(member.slot), offset: Number(member.offset), size: Number(type.bytes ?? type.numberOfBytes) };
  });
}

/** What is written of an entry: {contract, variable, name, keys, slots, slot (of the mapping), members}. */
function read(entry) {
  const file = join(options.snapshots, `${entry.contract}.layout.json`);
  if (!existsSync(file)) fail(`${file} not found`);

  const layout = JSON.parse(readFileSync(file, "utf8"));
  const found = layout.storage.filter(variable => variable.label === entry.variable);
  if (found.length !== 1) fail(`${entry.contract}.${entry.variable}: ${found.length} variables found, 1 expected`);

  const struct = structOf(layout, entry, found[0]);
  return { ...entry, slot: Number(found[0].slot), keys: entry.keys.map(key => key.slice(2)).join(", then "), members: membersOf(layout, entry, struct) };
}

const plural = count => (count === 1 ? "slot" : "slots");

function csharpOf({ contract, variable, name, keys, slots, slot, members }) {
  return `    /// <summary><c>${variable}</c> of ${contract}: a mapping by ${keys}; ${slots} ${plural(slots)} an entry.</summary>
    public static class ${name}
    {
        public const ulong MappingSlot = ${slot};
${[
  `        public const int Slots = ${slots};`,
  ...members.map(m => `        public static readonly StorageMember ${m.name} = new(Slot: ${m.slot}, Offset: ${m.offset}, Size: ${m.size});`),
].join("\n")}
    }`;
}

function solidityOf({ contract, variable, name, keys, slots, slot, members, firstSlot }) {
  const camel = name[0].toLowerCase() + name.slice(1);
  const cut = m => (m.size === 32 ? "word" : `${m.offset === 0 ? "word" : `(word >> ${8 * m.offset})`} & type(uint${8 * m.size}).max`);
  const upper = text => text.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase();
  return [
    `    /// @dev \`${variable}\` of ${contract}: a mapping by ${keys}; ${slots} ${plural(slots)} an entry.
    uint256 internal constant ${upper(camel)}_MAPPING = ${slot};`,
    // Members of an entry of several slots that need not stand in the first.
    ...members.filter(m => firstSlot && !firstSlot.includes(m.label)).map(m => `    uint256 internal constant ${upper(camel)}_${upper(m.label)}_WORD = ${m.slot};`),
    ...members.map(m => `    /// @dev In word ${m.slot} of the entry.
    function ${camel}${m.name}(uint256 word) internal pure returns (uint256) {
        return ${cut(m)};
    }`),
  ].join("\n\n");
}

const described = entries.map(read);
const files = {
  [join(root, "Enclave", "Verifier", "Facts", "StorageLayout.cs")]: `// <auto-generated/> by Contracts/tools/layout-constants.mjs from Contracts/snapshots/*.layout.json: change those, not this.
namespace Pythia.Enclave.Verifier.Facts;

/// <summary>Where the compiled contracts keep what facts rest on: slots of mappings, members of their structs.</summary>
public static class StorageLayout
{
${described.map(csharpOf).join("\n\n")}
}
`,
  [join(root, "Contracts", "src", "libraries", "StorageLayout.sol")]: `// SPDX-License-Identifier: Apache-2.0
// Written by tools/layout-constants.mjs from snapshots/*.layout.json: change those, not this.
pragma solidity 0.8.37;

/// @title StorageLayout
/// @notice Where the compiled contracts keep what facts rest on: slots of mappings, members of their structs.
library StorageLayout {
${described.map(solidityOf).join("\n\n")}
}
`,
};

for (const [file, text] of Object.entries(files)) {
  const present = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (present === text) {
    console.log(`${file} is what the snapshots give`);
  } else if (options.check) {
    const [is, should] = [present.split("\n"), text.split("\n")];
    const line = should.findIndex((expected, index) => expected !== is[index]);
    fail(`${file} line ${line + 1}: "${is[line] ?? ""}" found, "${should[line] ?? ""}" expected; run node Contracts/tools/layout-constants.mjs`);
  } else {
    writeFileSync(file, text);
    console.log(`${file} written`);
  }
}
