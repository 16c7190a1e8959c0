// Exit code 0 when the node at the URL answers eth_chainId: the health check of the development chain's container.
// Usage: node tools/ready.mjs URL
const url = process.argv[2];
const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
try {
  const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result } = await reply.json();
  if (!/^0x[0-9a-f]+$/.test(result ?? "")) throw new Error(`eth_chainId: ${result} found, 0x… expected`);
} catch (error) {
  console.error(`${url}: ${error.message}`);
  process.exit(1);
}
