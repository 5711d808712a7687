/**
 * Checks a proof of Turnstream: that an event was in the history of a session when a root was signed.
 * `node check-proof.mjs proof.json public-key.pem`; Node's built-ins only. What it checks: docs/history-proof.md.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [proofFile, ...keyFiles] = process.argv.slice(2);
if (!proofFile || keyFiles.length === 0) fail('usage: node check-proof.mjs proof.json public-key.pem…');
const proof = JSON.parse(readFileSync(proofFile, 'utf8'));
const sha256 = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest();
const bytes = (text) => Buffer.from(text, 'base64url');

// 1. The content of the event: its id, its type, its data, and its metadata up to its own hash, each behind its length.
const { event, leaf, root } = proof;
const [data, metadata] = [event.data, event.metadata].map((text) => Buffer.from(text, 'base64'));
const end = /^"chain":"([\w-]{43})"\}$/.exec(metadata.subarray(-54).toString('latin1'));
if (!end) fail('The event has no hash.');
const content = createHash('sha256');
for (const part of [Buffer.from(event.id), Buffer.from(event.type), data, metadata.subarray(0, -54)]) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  content.update(length).update(part);
}

// 2. Its hash, and those of the later events up to the leaf.
let chain = sha256(bytes(proof.previous), content.digest());
if (chain.toString('base64url') !== end[1]) fail('The event was changed.');
for (const next of proof.path) chain = sha256(chain, bytes(next));
const reaches =
  chain.toString('base64url') === leaf.chain && proof.revision + proof.path.length === leaf.revision;
if (!reaches || leaf.stream !== proof.stream) fail('The event does not lead to the leaf.');

// 3. From the leaf to the root, as in RFC 6962.
let node = sha256('\0', `${leaf.stream}\n${leaf.revision}\n${leaf.chain}`);
for (const { side, hash } of proof.merkle)
  node = side === 'left' ? sha256('\x01', bytes(hash), node) : sha256('\x01', node, bytes(hash));
const said = JSON.parse(root.statement);
if (said.kind !== 'root' || node.toString('base64url') !== said.root)
  fail('The leaf does not lead to the root.');

// 4. The signature of the root.
const keys = keyFiles.flatMap(
  (file) =>
    readFileSync(file, 'utf8').match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [],
);
const isSigned = keys.some((key) =>
  verify(null, Buffer.from(root.statement), createPublicKey(key), bytes(root.signature ?? '')),
);
if (!isSigned) fail('None of these keys has signed the root.');

const what = `Event ${proof.revision} of ${proof.stream} (${event.type}, ${event.id})`;
process.stdout.write(`${what} was there as it is when root ${said.number} was signed.\n`);
process.stdout.write(
  `The root covers what was stored up to ${said.to}; it is signed with key ${root.key_id}.\n`,
);

function fail(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
