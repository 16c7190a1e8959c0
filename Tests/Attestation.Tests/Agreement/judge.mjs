// Answers each line of JSON on standard input with what another verifier says of that evidence:
//   {"quote":hex,"now":unix seconds,"root":hex of a DER certificate or null,"tcbInfo":text,"tcbInfoChain":pem,"qeIdentity":text,"qeIdentityChain":pem,
//    "rootCrl":hex,"pckCrl":hex,"pckChain":pem or null}  ->  {"status":…,"advisoryIds":[…]} or {"error":…}
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const { QuoteVerifier } = createRequire(import.meta.url)('@phala/dcap-qvl');

// It takes the signed object and its signature apart from each other.
function take(text, member) {
  const whole = JSON.parse(text);
  if (Object.keys(whole).sort().join() !== [member, 'signature'].sort().join()) throw new Error(`${member} and signature expected`);
  const start = text.indexOf(':', text.indexOf(`"${member}"`)) + 1;
  const end = text.lastIndexOf(',"signature"');
  return [text.slice(start, end), whole.signature];
}

function judge(evidence) {
  const [tcb_info, tcb_info_signature] = take(evidence.tcbInfo, 'tcbInfo');
  const [qe_identity, qe_identity_signature] = take(evidence.qeIdentity, 'enclaveIdentity');
  const verifier = evidence.root ? QuoteVerifier.newWithRootCa(Buffer.from(evidence.root, 'hex')) : QuoteVerifier.newProd();
  const report = verifier.verify(Buffer.from(evidence.quote, 'hex'), {
    tcb_info, tcb_info_signature, tcb_info_issuer_chain: evidence.tcbInfoChain,
    qe_identity, qe_identity_signature, qe_identity_issuer_chain: evidence.qeIdentityChain,
    root_ca_crl: evidence.rootCrl, pck_crl: evidence.pckCrl, pck_certificate_chain: evidence.pckChain ?? undefined,
  }, evidence.now);
  return { status: report.status, advisoryIds: report.advisoryIds ?? report.advisory_ids };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = judge(JSON.parse(line));
  } catch (e) {
    answer = { error: String(e.message) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
