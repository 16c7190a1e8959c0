// Gas of every act as whole transactions, measured by test/Gas.t.sol and test/Pythia*Gas.t.sol, beside the limits of the design and what others need.
//   node Contracts/tools/gas.mjs    prints the table; exit code 1 if an act is over its limit
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileContracts } from "./compile.mjs";
import { foundryProgram, readJson, root } from "./settings.mjs";

/** Most gas, where the design sets a limit, and figures of others for the same work. */
const limits = {
  "register a batch of 1,000, each device": { limit: 100 },
  "claim": { limit: 150000, others: "ioID register 638,618; ERC-4519 create and claim 313,638; did:ethr changeOwner relayed, no token 96,897" },
  "claim, relayed": { limit: 120000 },
  "claim for one owner, relayed": { limit: 120000 },
  "transfer to a new holder": { limit: 75000, others: "ERC-4519 transfer and engagement 200,399" },
  "transfer to a new holder, bound to epochs": { limit: 75000 },
  "transfer and rotation in one transaction": { limit: 120000, others: "ERC-4519 transfer and engagement 200,399" },
  "register an enclave key, three endorsers": { limit: 80000, others: "LCP 160,000, with the report checked on the chain" },
};

/** Runs the measurement and returns {act: {gas, limit?, others?}}, sorted by act. */
export function gasSnapshot() {
  const folder = join(root, "cache", "gas");
  rmSync(folder, { recursive: true, force: true });
  const run = spawnSync(foundryProgram("forge"), ["test", "--isolate", "--match-contract", "^(Pythia(Storage)?)?GasTest$"], { cwd: root, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`forge: ${run.error?.message ?? run.stdout + run.stderr}`);

  const measured = readJson(join(folder, "gas.json"));
  const missing = Object.keys(limits).filter(act => !(act in measured));
  if (missing.length > 0) throw new Error(`gas of ${missing.join("; ")} not measured, expected from test/*Gas.t.sol`);

  return Object.fromEntries(Object.keys(measured).sort().map(act => [act, { gas: Number(measured[act]), ...limits[act] }]));
}

/** The acts over their limit, in words. */
export function overLimit(snapshot) {
  return Object.entries(snapshot)
    .filter(([, { gas, limit }]) => limit && gas > limit)
    .map(([act, { gas, limit }]) => `${act}: ${gas} gas found, at most ${limit} expected`);
}

function print(snapshot) {
  const number = value => (value ? value.toLocaleString("en-US") : "");
  const rows = [["act", "gas", "limit", "others"], ...Object.entries(snapshot).map(([act, row]) => [act, number(row.gas), number(row.limit), row.others ?? ""])];
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => row[column].length)));
  for (const [act, gas, limit, others] of rows) {
    console.log(`${act.padEnd(widths[0])} | ${gas.padStart(widths[1])} | ${limit.padStart(widths[2])} | ${others}`.trimEnd());
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    compileContracts();
    const snapshot = gasSnapshot();
    print(snapshot);
    const problems = overLimit(snapshot);
    if (problems.length > 0) throw new Error(problems.join("\n"));
  } catch (error) {
    console.error(`gas: ${error.message}`);
    process.exitCode = 1;
  }
}
