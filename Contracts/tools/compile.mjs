// Compiles src/ with npm's solc into out/<Name>.json, but only when sources, settings or the lock file have changed.
//   {abi, bytecode, deployedBytecode, immutableReferences, storageLayout, methodIdentifiers}
// Bytes are 0x and lower-case hex. Usage: node Contracts/tools/compile.mjs [--force]
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compilerSettings, filesUnder, root } from "./settings.mjs";

const outFolder = join(root, "out");
const stampFile = join(outFolder, ".stamp");
const sourcePath = file => relative(root, file).replaceAll("\\", "/");

/** SHA-256 over everything that decides the bytecode: this program, settings, lock file and sources. */
function stamp(sources) {
  const hash = createHash("sha256");
  const tools = ["tools/compile.mjs", "tools/settings.mjs", "package-lock.json"].map(name => join(root, name));
  for (const file of [...tools, ...sources]) {
    const bytes = readFileSync(file);
    hash.update(`${sourcePath(file)}\0${bytes.length}\0`).update(bytes);
  }

  return hash.digest("hex");
}

function compile(sources) {
  const require = createRequire(import.meta.url);
  let solc;
  try {
    solc = require("solc");
  } catch {
    throw new Error('solc not found, expected it in Contracts/node_modules: run "npm ci" there');
  }

  const input = {
    language: "Solidity",
    sources: Object.fromEntries(sources.map(file => [sourcePath(file), { content: readFileSync(file, "utf8") }])),
    settings: { ...compilerSettings, remappings: ["@openzeppelin/=node_modules/@openzeppelin/"] },
  };
  const read = path => {
    const file = join(root, path);
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} not found under Contracts/` };
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: read }));
  // Warnings in our own sources are errors; a mutation (tools/mutate.mjs) may leave an unused name.
  const ours = e => e.sourceLocation?.file.startsWith("src/") && !process.env.PYTHIA_MUTATION;
  const problems = (output.errors ?? []).filter(e => e.severity === "error" || ours(e));
  if (problems.length > 0) {
    throw new Error(problems.map(problem => problem.formattedMessage).join("\n"));
  }

  return output.contracts;
}

function artifact(contract) {
  const { bytecode, deployedBytecode, methodIdentifiers } = contract.evm;
  return {
    abi: contract.abi,
    bytecode: `0x${bytecode.object}`,
    deployedBytecode: `0x${deployedBytecode.object}`,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
    storageLayout: contract.storageLayout,
    methodIdentifiers,
  };
}

/** Brings out/ up to date. Returns whether it had to compile. A failure leaves the old output without its stamp. */
export function compileContracts({ force = false } = {}) {
  const sources = filesUnder(join(root, "src"), ".sol");
  const wanted = stamp(sources);
  if (!force && existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) {
    return false;
  }

  const contracts = compile(sources);
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(outFolder, { recursive: true });
  for (const [path, byName] of Object.entries(contracts).filter(([path]) => path.startsWith("src/"))) {
    const name = basename(path, ".sol");
    if (byName[name]) {
      writeFileSync(join(outFolder, `${name}.json`), `${JSON.stringify(artifact(byName[name]), null, 1)}\n`);
    }
  }

  // The stamp comes last and whole: an interrupted run compiles again.
  writeFileSync(`${stampFile}.new`, wanted);
  renameSync(`${stampFile}.new`, stampFile);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const started = performance.now();
    const compiled = compileContracts({ force: process.argv.includes("--force") });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(compiled ? `contracts: compiled in ${seconds} s` : "contracts: unchanged");
  } catch (error) {
    console.error(`contracts: ${error.message}`);
    process.exitCode = 1;
  }
}
