// Breaks our own code, one small change at a time, and expects the named test to notice. See README.md beside this.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const bench = join(root, "artifacts", "mutations");
const copy = join(bench, "main");
const buildTimeoutMs = 900_000; // the first build of the copy restores and builds everything
const testTimeoutMs = 300_000;

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    what: { type: "string" },
    file: { type: "string" },
    check: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`node Tests/Mutations/run.mjs [options]
  --check      only see that every mutation still applies: its text stands once in its file (fast)
  --only N     replay N of them, spread evenly over the list
  --what TEXT  those whose description holds TEXT
  --file TEXT  those whose list (*.json) or source file holds TEXT
  --json       one JSON object a line instead of the table
Exit code 0 when every mutation was caught.`);
  process.exit(0);
}

/** Every mutation of every list, checked for its form. */
function load() {
  const fields = ["file", "find", "replace", "project", "test", "what"];
  return readdirSync(here).filter(file => file.endsWith(".json")).sort().flatMap(list =>
    JSON.parse(readFileSync(join(here, list), "utf8")).map(mutation => {
      const missing = fields.filter(field => typeof mutation[field] !== "string");
      if (missing.length > 0) throw new Error(`${list}: ${mutation.what ?? "a mutation"} lacks ${missing.join(", ")}`);
      return { list, ...mutation };
    }));
}

function choose(all) {
  let chosen = all.filter(each => (!options.what || each.what.includes(options.what)) && (!options.file || each.list.includes(options.file) || each.file.includes(options.file)));
  if (options.only !== undefined) {
    const count = Number(options.only);
    if (!Number.isInteger(count) || count < 1) throw new Error(`--only ${options.only}: a number from 1 expected`);
    chosen = chosen.filter((_, index) => Math.floor((index * count) / chosen.length) !== Math.floor(((index - 1) * count) / chosen.length));
  }

  if (chosen.length === 0) throw new Error("no mutation chosen");
  return chosen;
}

/** How often the old text stands in the file; it must be once, or the mutation is stale. */
function occurrences(mutation) {
  const path = join(root, mutation.file);
  return existsSync(path) ? readFileSync(path, "utf8").split(mutation.find).length - 1 : 0;
}

/** Brings the copy to the state of the tree, ignored files left out, so that a killed run never leaves broken code behind. */
function makeCopy() {
  mkdirSync(copy, { recursive: true });
  const listed = spawnSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  const files = new Set(listed.stdout.split("\0").filter(file => file && existsSync(join(root, file)) && statSync(join(root, file)).isFile()));
  for (const file of files) {
    const [from, to] = [join(root, file), join(copy, file)];
    if (existsSync(to) && readFileSync(from).equals(readFileSync(to))) continue;
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }

  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name).slice(copy.length + 1);
    if (entry.isFile() && path.endsWith(".cs") && !path.startsWith("artifacts") && !files.has(path)) rmSync(join(copy, path));
  }

  link(join(root, "..", "shared"), join(bench, "shared"));
  for (const ignored of ["Contracts/node_modules", "Contracts/out"]) link(join(root, ignored), join(copy, ignored));
}

function link(target, path) {
  if (existsSync(target) && !existsSync(path)) symlinkSync(target, path, "junction");
}

function dotnet(timeout, ...args) {
  const done = spawnSync("dotnet", args, { cwd: copy, encoding: "utf8", timeout, maxBuffer: 1 << 28, env: { ...process.env, DOTNET_CLI_UI_LANGUAGE: "en" } });
  return { status: done.status, timedOut: done.error?.code === "ETIMEDOUT", output: `${done.stdout}${done.stderr}` };
}

// A mutation may leave code that is never reached: warnings are no errors here.
const build = project => dotnet(buildTimeoutMs, "build", project, "--nologo", "-v", "q", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false");
const test = (project, filter) => dotnet(testTimeoutMs, "test", project, "--no-build", "--nologo", "-v", "q", "--filter", filter.split("|").map(name => `FullyQualifiedName~${name}`).join("|"));
const counted = (output, word) => Number(new RegExp(`${word}:\\s*(\\d+)`).exec(output)?.[1] ?? 0);
const lines = (output, pattern) => output.split("\n").filter(line => pattern.test(line)).slice(0, 3).join("\n");

/** Without any mutation the chosen tests exist and pass; otherwise a failure would say nothing. */
function checkUnbroken(chosen) {
  for (const project of new Set(chosen.map(each => each.project))) {
    const built = build(project);
    if (built.status !== 0) throw new Error(`${project} does not build:\n${lines(built.output, /error/)}`);
    const filters = [...new Set(chosen.filter(each => each.project === project).map(each => each.test))];
    const ran = test(project, filters.join("|"));
    if (ran.status !== 0) throw new Error(`${project}: tests fail without any mutation:\n${lines(ran.output, /\[FAIL\]/)}`);
  }
}

function replay(mutation) {
  const path = join(copy, mutation.file);
  const source = readFileSync(path, "utf8");
  try {
    writeFileSync(path, source.replace(mutation.find, () => mutation.replace));
    const built = build(mutation.project);
    if (built.status !== 0) return { result: "DOES NOT BUILD", detail: lines(built.output, /error/) };

    const ran = test(mutation.project, mutation.test);
    if (ran.timedOut) return { result: "caught", detail: "timed out" };
    if (counted(ran.output, "Failed") > 0) return { result: "caught", detail: `${counted(ran.output, "Failed")} of ${counted(ran.output, "Total")} tests` };
    if (counted(ran.output, "Passed") > 0) return { result: "SURVIVED", detail: mutation.test };
    return { result: counted(ran.output, "Skipped") > 0 ? "skipped" : "NO TEST RAN", detail: mutation.test };
  } finally {
    writeFileSync(path, source);
  }
}

function report(number, mutation, { result, detail }, seconds) {
  if (options.json) console.log(JSON.stringify({ number, what: mutation.what, file: mutation.file, test: mutation.test, result, detail, seconds }));
  else console.log(`${String(number).padStart(3)}  ${result.padEnd(14)} ${String(seconds).padStart(4)} s  ${mutation.what}  (${mutation.file})  ${detail}`);
}

try {
  const all = load();
  const stale = all.filter(each => occurrences(each) !== 1);
  for (const each of stale) console.error(`stale: "${each.what}" in ${each.list}: its text stands ${occurrences(each)} times in ${each.file}, 1 expected`);
  if (stale.length > 0) process.exit(1);
  if (options.check) {
    console.log(`${all.length} mutations apply`);
    process.exit(0);
  }

  const chosen = choose(all);
  makeCopy();
  checkUnbroken(chosen);
  let [caught, missed] = [0, 0];
  for (const mutation of chosen) {
    const start = Date.now();
    const outcome = replay(mutation);
    if (outcome.result === "caught") caught++;
    else if (outcome.result !== "skipped") missed++;
    report(all.indexOf(mutation) + 1, mutation, outcome, Math.round((Date.now() - start) / 1000));
  }

  if (!options.json) console.log(`${caught} of ${chosen.length} mutations caught (${all.length} in all)`);
  process.exitCode = missed === 0 && caught > 0 ? 0 : 1;
} catch (problem) {
  console.error(`mutations: ${problem.message}`);
  process.exitCode = 2;
}
