// Makes answers.json with Node.js alone: an encoder and a signer that share no code with what they test.
// Run: node Tests/Vectors/answers/make.mjs > Tests/Vectors/answers/answers.json   (signatures are random, so every run differs)
import { createHash, createPrivateKey, sign } from 'node:crypto';

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const hex = (text) => Buffer.from(text, 'hex');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

function head(major, number) {
  const n = BigInt(number);
  if (n < 24n) return Buffer.from([(major << 5) | Number(n)]);
  const size = n < 256n ? 1 : n < 65536n ? 2 : n < 4294967296n ? 4 : 8;
  return Buffer.concat([Buffer.from([(major << 5) | (24 + Math.log2(size))]), hex(n.toString(16).padStart(size * 2, '0'))]);
}
function cbor(value) {
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === 'number' || typeof value === 'bigint') return value < 0 ? head(1, -1n - BigInt(value)) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [cbor(k), cbor(v)])]);
  return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
}

// RFC 6979, appendix A.2.5: the example key of P-256.
const d = hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
const x = hex('60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6');
const y = hex('7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299');
const b64 = (bytes) => bytes.toString('base64url');
const privateKey = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: b64(d), x: b64(x), y: b64(y) }, format: 'jwk' });
const publicKey = Buffer.concat([x, y]);
const keyId = sha256(publicKey).subarray(0, 8);

const device = sha256(Buffer.from('device'));
const owner = sha256(Buffer.from('owner')).subarray(0, 20);
const party = sha256(Buffer.from('party')).subarray(0, 20);
const scope = sha256(Buffer.from('telemetry:read'));
const policy = sha256(Buffer.from('policy'));
const blockHash = sha256(Buffer.from('block'));
const nonce = hex('0102030405060708');
const contracts = ['DeviceRegistry', 'ConsentRegistry', 'PolicyRegistry']
  .map((name) => [name, sha256(Buffer.from(name)).subarray(0, 20), sha256(Buffer.from(`code of ${name}`))]);
const genesis = sha256(Buffer.from('genesis'));
const byName = [...contracts].sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])));
const config = sha256(cbor(['pythia/config/1', 31337, genesis, byName, [0]]));

function answer(name, facts, results, withNonce, level = 0, minBlock = 41) {
  const question = [1, device, minBlock, facts];
  const request = cbor([question, withNonce ? nonce : null, level]);
  const body = cbor([42, 1800000000, blockHash, level, withNonce ? nonce : null, results]);
  const header = cbor(new Map([[1, -7], [4, keyId]]));
  const externalAad = cbor(['pythia/answer/1', config, cbor(question)]);
  const signature = sign('sha256', cbor(['Signature1', header, externalAad, body]), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const s = BigInt('0x' + signature.subarray(32).toString('hex'));
  if (s > N / 2n) hex((N - s).toString(16).padStart(64, '0')).copy(signature, 32);
  const bytes = cbor([header, new Map(), body, signature]);
  return { name, request: request.toString('hex'), results: JSON.stringify(results, show), answer: bytes.toString('hex'), bytes: bytes.length };
}
const show = (_, value) => value?.type === 'Buffer' ? '0x' + Buffer.from(value.data).toString('hex') : value;

console.log(JSON.stringify({
  privateKey: d.toString('hex'),
  publicKey: publicKey.toString('hex'),
  keyId: keyId.toString('hex'),
  configuration: { chainId: 31337, genesis: genesis.toString('hex'), level: 0,
    contracts: contracts.map(([name, address, codeHash]) => ({ name, address: address.toString('hex'), codeHash: codeHash.toString('hex') })) },
  configurationHash: config.toString('hex'),
  answers: [
    answer('OwnerOf', [[1]], [owner], true),
    answer('DeviceStatus', [[2]], [[1, 3, 7]], true),
    answer('Consent', [[3, party, scope]], [[2, 1, 1790000000, 1810000000, policy]], true),
    answer('CommandAllowed', [[4, party, scope]], [[1, 1810000000]], true),
    answer('CommandAllowed refused', [[4, party, scope]], [null], true),
    answer('PolicyStatus', [[5, policy]], [[1]], true),
    answer('PythiaKey', [[6, sha256(Buffer.from('key of another'))]], [[1, 1810000000, sha256(Buffer.from('measurement')), sha256(Buffer.from('operator')).subarray(0, 16)]], true),
    answer('OwnerOf for anyone', [[1]], [owner], false),
    answer('four facts', [[1], [2], [4, party, scope], [5, policy]], [owner, [1, 3, 7], null, [2]], true),
  ],
}, null, 2));
