// Runs a program that ends with its parent: node child.mjs PROGRAM [ARGUMENT…]
//
// 1. Standard input is a pipe that only the parent holds; nothing is written to it. When it closes - the parent asked for the
//    end, or was killed - the program gets SIGTERM, so that it can save its state, and after GRACE_MS SIGKILL.
// 2. The program runs in a process group of its own: Ctrl-C reaches the parent only, which ends its children when it is ready.
// 3. Its output passes through here and is dropped once nobody reads it, so that a dead parent cannot break it while it saves.
import { spawn } from "node:child_process";

const GRACE_MS = 10_000;
const [program, ...programArguments] = process.argv.slice(2);
if (program === undefined) {
  console.error("no program found, expected: node child.mjs PROGRAM [ARGUMENT…]");
  process.exit(64);
}

const child = spawn(program, programArguments, {
  detached: process.platform !== "win32",
  stdio: ["ignore", "pipe", "pipe"],
  windowsHide: true,
});

let ending = false;
function end() {
  if (!ending) {
    ending = true;
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
  }
}

for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]]) {
  let open = true;
  to.on("error", () => { open = false; });
  from.on("data", bytes => { if (open) to.write(bytes); });
}

child.on("error", error => {
  console.error(`${program} could not be started: ${error.message}`);
  process.exit(127);
});
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGTERM" && ending ? 0 : 1)));

process.stdin.on("end", end).on("close", end).on("error", end).resume();
process.on("SIGTERM", end);
process.on("SIGHUP", end);
process.on("SIGINT", () => {});
