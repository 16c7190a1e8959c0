// Holds the compiled contracts to what was reviewed: snapshots/<Name>.abi.json, <Name>.layout.json, size.json, gas.json.
// The sources are formatted (forge fmt).
//   node Contracts/tools/check.mjs            fails and names every difference
//   node Contracts/tools/check.mjs --update   writes the present state, to be reviewed as a diff
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileContracts } from "./compile.mjs";
import { gasSnapshot, overLimit } from "./gas.mjs";
import { deployed, foundryProgram, readJson, root } from "./settings.mjs";

const folder = join(root, "snapshots");

/** EIP-170. */
const maxCodeBytes = 24576;

/** Slots and types without the compiler's node numbers, which change with every edit elsewhere. */
function layoutOf(artifact) {
  const name = type => type.replace(/\)\d+_(storage|memory|calldata)/g, ")_$1").replace(/(contract|struct|enum)(\([^()]*\))\d+/g, "$1$2");
  const members = list => list.map(({ label, slot, offset, type }) => ({ label, slot: Number(slot), offset, type: name(type) }));
  const types = Object.entries(artifact.storageLayout.types ?? {}).map(([key, type]) => [
    name(key),
    {
      bytes: Number(type.numberOfBytes),
      encoding: type.encoding,
      ...(type.key ? { key: name(type.key), value: name(type.value) } : {}),
      ...(type.members ? { members: members(type.members) } : {}),
    },
  ]);
  return { storage: members(artifact.storageLayout.storage), types: Object.fromEntries(types.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Everything that a change must show, by file name. */
function present() {
  const files = {};
  const sizes = {};
  for (const name of deployed) {
    const artifact = readJson(join(root, "out", `${name}.json`));
    sizes[name] = artifact.deployedBytecode.length / 2 - 1;
    if (sizes[name] > maxCodeBytes) {
      throw new Error(`${name} has ${sizes[name]} bytes of code, at most ${maxCodeBytes} (EIP-170) can be deployed`);
    }

    files[`${name}.abi.json`] = artifact.abi;
    files[`${name}.layout.json`] = layoutOf(artifact);
  }

  files["size.json"] = sizes;
  const gas = gasSnapshot();
  const problems = overLimit(gas);
  if (problems.length > 0) throw new Error(problems.join("\n"));

  files["gas.json"] = gas;
  return files;
}

function firstDifference(found, expected) {
  const [a, b] = [found.split("\n"), expected.split("\n")];
  const line = a.findIndex((text, i) => text !== b[i]);
  const at = line < 0 ? a.length : line;
  return `line ${at + 1}: found ${(a[at] ?? "nothing").trim()}, expected ${(b[at] ?? "nothing").trim()}`;
}

function check(update) {
  const files = Object.entries(present()).map(([name, value]) => [name, `${JSON.stringify(value, null, 2)}\n`]);
  const wanted = new Set(files.map(([name]) => name));
  const problems = readdirSync(folder).filter(name => !wanted.has(name)).map(name => `${name}: of no contract any more`);
  for (const [name, text] of files) {
    const file = join(folder, name);
    const before = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (before !== text) problems.push(`${name}: ${firstDifference(text, before)}`);
    if (update) writeFileSync(file, text);
  }

  if (update) {
    readdirSync(folder).filter(name => !wanted.has(name)).forEach(name => rmSync(join(folder, name)));
    console.log(problems.length ? `snapshots: ${problems.length} updated\n${problems.join("\n")}` : "snapshots: unchanged");
  } else if (problems.length > 0) {
    throw new Error(`${problems.join("\n")}\nIf this is meant: node Contracts/tools/check.mjs --update, and review the diff`);
  } else {
    console.log(`snapshots: ${files.length} as reviewed`);
  }
}

function checkFormat() {
  const run = spawnSync(foundryProgram("forge"), ["fmt", "--check", "src", "test"], { cwd: root, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`sources are not formatted, run forge fmt (node Contracts/tools/forge.mjs fmt src test):\n${run.stdout.slice(0, 2000)}`);
}

try {
  checkFormat();
  compileContracts();
  check(process.argv.includes("--update"));
} catch (error) {
  console.error(`snapshots: ${error.message}`);
  process.exitCode = 1;
}
