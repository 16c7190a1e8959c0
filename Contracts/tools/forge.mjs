// Brings out/ up to date, then runs forge in Contracts/ with the arguments given: node Contracts/tools/forge.mjs test --match-contract Claim
import { spawnSync } from "node:child_process";
import { compileContracts } from "./compile.mjs";
import { foundryProgram, root } from "./settings.mjs";

compileContracts();
const result = spawnSync(foundryProgram("forge"), process.argv.slice(2), { cwd: root, stdio: "inherit" });
process.exitCode = result.status ?? 1;
