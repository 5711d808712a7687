import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEventStore, type EventStore as EmbeddedStore } from '@turnstream/embedded-eventstore';
import type { EventProof } from '#sessions';
import {
  CommandExecutor,
  EventStore,
  HistoryKeys,
  HistorySigner,
  proveEvent,
  Roots,
  sealHistory,
} from '#sessions';
import { noCache, raiseFlag, request, startSession } from '../../libs/sessions/src/test-support.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-proof-'));
const pair = generateKeyPairSync('ed25519');
const signer = new HistorySigner(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
const keys = new HistoryKeys([signer.publicKey]);
const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const ids = Array.from({ length: 5 }, () => randomUUID());
let embedded: EmbeddedStore;
let store: EventStore;
let first: Awaited<ReturnType<typeof sealHistory>>;

beforeAll(async () => {
  embedded = await startEventStore({ dir: join(dir, 'store') });
  store = new EventStore(embedded.connectionString);
  for (const id of ids)
    for (const command of [startSession, raiseFlag('a'), raiseFlag('b')])
      await new CommandExecutor(store, noCache).execute(request(id, command));
  // Several roots, as on a day with many sessions.
  first = await sealHistory(store, { signer, sessions: 2 });
  await new CommandExecutor(store, noCache).execute(request(ids[0] ?? '', raiseFlag('late')));
});
afterAll(async () => {
  await store.dispose();
  await embedded.stop();
  rmSync(dir, { recursive: true });
});

const prove = async (id: string, revision: number) =>
  proveEvent(store, id, revision, await Roots.read(store, keys), keys);

/** The output of the program for others: the first line, or its error. */
function checked(proof: EventProof, key = publicKey): string {
  const [proofFile, keyFile] = [join(dir, `${randomUUID()}.json`), join(dir, `${randomUUID()}.pem`)];
  writeFileSync(proofFile, JSON.stringify(proof));
  writeFileSync(keyFile, key);
  try {
    return execFileSync(process.execPath, ['docs/check-proof.mjs', proofFile, keyFile], {
      stdio: 'pipe',
    }).toString();
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr).trim();
  }
}

test('a history too large for one root is covered by several', () => {
  expect(first.map(({ number, sessions }) => [number, sessions])).toEqual([
    [0, 2],
    [1, 2],
    [2, 1],
  ]);
});

test('a proof of any event of a root is checked by the program for others', async () => {
  for (const id of ids)
    for (const revision of [0, 2]) {
      const proof = (await prove(id, revision)) as EventProof;
      expect(proof.path).toHaveLength(2 - revision);
      expect(checked(proof)).toContain(`Event ${revision} of session-${id}`);
    }
});

const other = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

test.each<[string, (proof: EventProof) => EventProof]>([
  ['The event was changed.', (proof) => ({ ...proof, event: { ...proof.event, type: 'FlagCleared' } })],
  [
    'The event was changed.',
    (proof) => ({ ...proof, event: { ...proof.event, data: other(proof.event.data) } }),
  ],
  ['The event was changed.', (proof) => ({ ...proof, previous: other(proof.previous) })],
  ['The event does not lead to the leaf.', (proof) => ({ ...proof, path: [] })],
  ['The event does not lead to the leaf.', (proof) => ({ ...proof, revision: 0 })],
  ['The leaf does not lead to the root.', (proof) => ({ ...proof, merkle: [] })],
  [
    'The leaf does not lead to the root.',
    (proof) => ({ ...proof, stream: 'session-x', leaf: { ...proof.leaf, stream: 'session-x' } }),
  ],
  [
    'None of these keys has signed the root.',
    (proof) => ({ ...proof, root: { ...proof.root, statement: `${proof.root.statement} ` } }),
  ],
])('a proof that was changed is refused: %s', async (reason, change) => {
  expect(checked(change((await prove(ids[0] ?? '', 1)) as EventProof))).toBe(reason);
});

test('a root of another key proves nothing', async () => {
  const stranger = generateKeyPairSync('ed25519')
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
  const proof = (await prove(ids[0] ?? '', 1)) as EventProof;
  expect(checked(proof, stranger)).toBe('None of these keys has signed the root.');
  expect(checked(proof, stranger + publicKey)).toContain('Event 1');
});

test('a missing or unsealed event has no proof', async () => {
  expect(await prove(ids[0] ?? '', 3)).toBe('not_sealed');
  expect(await prove(ids[0] ?? '', 9)).toBe('not_found');
  expect(await prove(randomUUID(), 0)).toBe('not_found');
});

test('nothing is sealed twice, and a later root covers later events', async () => {
  expect(await sealHistory(store, { signer })).toMatchObject([
    { number: 3, sessions: 1, events: 1, unchained: 0 },
  ]);
  expect(await sealHistory(store, { signer })).toEqual([]);
  expect(checked((await prove(ids[0] ?? '', 3)) as EventProof)).toContain('when root 3 was signed');
});
