// Records blocks, receipts and proofs of anvil, one file a fork: node Tests/Vectors/anvil/record.mjs
// Needs Contracts/node_modules (npm ci there). PYTHIA_NODE_MODULES names another folder of modules.
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.PYTHIA_NODE_MODULES ?? join(here, "..", "..", "..", "Contracts", "node_modules");
const program = tool => join(modules, "@foundry-rs", `${tool}-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`, "bin", tool);

// anvil's first development account; its key is public.
const key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const from = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

// Stores calldata[32..64] at slot calldata[0..32], then logs with 0, 1, 2 and 4 topics.
const runtime = "6020356000355560056000a0600035604060 00a16020356000356000 6000a23343602035600035602160 00a400".replaceAll(" ", "");
const creation = `0x60${(runtime.length / 2).toString(16).padStart(2, "0")}80600b6000396000f3${runtime}`;

const freePort = () => new Promise(resolve => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

async function record(fork) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const anvil = spawn(program("anvil"), ["--port", `${port}`, "--hardfork", fork, "--timestamp", "1900000000", "--no-mining", "--preserve-historical-states"]);
  const rpc = async (method, ...params) => {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
    const answer = await response.json();
    if (answer.error) throw new Error(`${fork} ${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  try {
    await new Promise((resolve, reject) => {
      anvil.on("error", reject);
      anvil.on("exit", code => reject(new Error(`anvil ended with ${code}`)));
      anvil.stdout.on("data", data => `${data}`.includes("Listening on") && resolve());
    });
    return await play(fork, url, rpc);
  } finally {
    anvil.kill("SIGTERM");
  }
}

async function play(fork, url, rpc) {
  const order = ["berlin", "london", "shanghai", "cancun", "prague", "osaka"];
  const has = other => order.indexOf(fork) >= order.indexOf(other);
  const send = (...args) => {
    const done = spawnSync(program("cast"), ["send", "--async", "--rpc-url", url, "--private-key", key, ...(args.includes("--gas-limit") ? [] : ["--gas-limit", "300000"]), ...args], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${fork} cast send ${args.join(" ")}: ${done.stderr}`);
  };
  const word = number => number.toString(16).padStart(64, "0");
  let nonce = 0;
  const next = () => ["--nonce", `${nonce++}`];

  const style = has("london") ? [] : ["--legacy"];
  send(...next(), ...style, "--create", creation);
  await rpc("evm_mine");
  const contract = (await rpc("eth_getBlockReceipts", "latest"))[0].contractAddress;
  const call = (slot, value) => ["--", contract, `0x${word(slot)}${word(value)}`];

  // One block with every transaction type of the fork, and a failing one.
  send(...next(), "--legacy", ...call(1n, 7n));
  if (has("berlin")) send(...next(), "--legacy", "--access-list", JSON.stringify([{ address: contract, storageKeys: [`0x${word(1n)}`] }]), ...call(2n, 1n << 255n));
  if (has("london")) send(...next(), ...call(3n, 300n));
  for (let slot = 10n; slot < 40n; slot++) send(...next(), ...style, ...call(slot, slot * slot));
  if (has("cancun")) send(...next(), "--blob", ...(has("osaka") ? [] : ["--eip4844"]), "--blob-gas-price", "1000000000", "--path", fileURLToPath(import.meta.url), ...call(6n, 6n));
  if (has("prague")) send(...next(), "--auth", contract, ...call(4n, 4n));
  send(...next(), ...style, "--", contract, "0x"); // stores 0 at 0
  await rpc("evm_mine");
  // A slot set to zero again.
  send(...next(), ...style, ...call(3n, 0n));
  send(...next(), ...style, "--gas-limit", "22000", ...call(5n, 5n)); // runs out of gas
  await rpc("evm_mine");
  await rpc("evm_mine"); // an empty block

  const blocks = [];
  const height = Number(await rpc("eth_blockNumber"));
  for (let number = 1; number <= height; number++) {
    const tag = `0x${number.toString(16)}`;
    const block = await rpc("eth_getBlockByNumber", tag, false);
    const slots = [1n, 2n, 3n, 10n, 39n, 77n].map(slot => `0x${word(slot)}`);
    const proofs = [await rpc("eth_getProof", contract, slots, tag), await rpc("eth_getProof", from, [], tag), await rpc("eth_getProof", "0x00000000000000000000000000000000000000ff", [`0x${word(0n)}`], tag)];
    blocks.push({ block, receipts: await rpc("eth_getBlockReceipts", tag), proofs });
  }

  return { client: await rpc("web3_clientVersion"), fork, contract, blocks };
}

for (const fork of ["berlin", "london", "shanghai", "cancun", "prague", "osaka"]) {
  const vector = await record(fork);
  writeFileSync(join(here, `${fork}.json`), `${JSON.stringify(vector)}\n`);
  console.log(`${fork}: ${vector.blocks.length} blocks, types ${[...new Set(vector.blocks.flatMap(each => each.receipts.map(receipt => receipt.type)))].join(" ")}`);
}
