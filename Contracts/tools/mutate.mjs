// Breaks the contracts, one check at a time, and expects the named test to notice. List: test/mutations.json, entries
// {file, find (stands there once), replace, test (forge --match-test), what}. The tree itself is never touched.
//   node Contracts/tools/mutate.mjs [--check] [--only N] [--what TEXT]
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readJson, root } from "./settings.mjs";

const copy = join(root, "cache", "mutations");
const { values: options } = parseArgs({ options: { check: { type: "boolean" }, only: { type: "string" }, what: { type: "string" } } });

function makeCopy() {
  mkdirSync(copy, { recursive: true });
  for (const part of ["src", "test", "tools"]) rmSync(join(copy, part), { recursive: true, force: true });
  for (const part of ["src", "test", "tools", "foundry.toml", "package.json", "package-lock.json"]) cpSync(join(root, part), join(copy, part), { recursive: true });
  if (!existsSync(join(copy, "node_modules"))) symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
}

function forge(test) {
  const run = spawnSync(process.execPath, [join(copy, "tools", "forge.mjs"), "test", "--match-test", test], { cwd: copy, encoding: "utf8", env: { ...process.env, PYTHIA_MUTATION: "1" } });
  const output = `${run.stdout}${run.stderr}`;
  const count = /(\d+) tests passed, (\d+) failed/.exec(output);
  return { passed: Number(count?.[1] ?? 0), failed: Number(count?.[2] ?? 0), output };
}

/** What the mutation's test said. */
function replay({ file, find, replace, test }) {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  try {
    writeFileSync(path, source.replace(find, () => replace));
    const { passed, failed, output } = forge(test);
    if (failed > 0) return "caught";
    return passed > 0 ? "SURVIVED" : `NO TEST RAN: ${output.slice(-500)}`;
  } finally {
    writeFileSync(path, source);
  }
}

try {
  const all = readJson(join(root, "test", "mutations.json"));
  for (const { file, find, what } of all) {
    const times = readFileSync(join(root, file), "utf8").split(find).length - 1;
    if (times !== 1) throw new Error(`"${what}": its text stands ${times} times in ${file}, 1 expected`);
  }

  const step = options.only ? Math.max(1, Math.floor(all.length / Number(options.only))) : 1;
  const chosen = options.check ? [] : all.filter((each, i) => i % step === 0 && (!options.what || each.what.includes(options.what)));
  if (options.check) console.log(`${all.length} mutations apply`);
  else makeCopy();

  const unbroken = chosen.length > 0 ? forge(chosen.map(each => each.test).join("|")) : undefined;
  if (unbroken && (unbroken.failed > 0 || unbroken.passed === 0)) throw new Error(`the tests fail without any mutation:\n${unbroken.output.slice(-2000)}`);

  let missed = 0;
  for (const mutation of chosen) {
    const result = replay(mutation);
    if (result !== "caught") missed++;
    console.log(`${result.padEnd(8)}  ${mutation.what}`);
  }

  if (chosen.length > 0) console.log(`${chosen.length - missed} of ${chosen.length} mutations caught`);
  process.exitCode = missed > 0 ? 1 : 0;
} catch (error) {
  console.error(`mutations: ${error.message}`);
  process.exitCode = 1;
}
