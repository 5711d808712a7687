import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import type { EventStore, Signed } from '#sessions';
import {
  CommandExecutor,
  HistoryKeys,
  HistorySigner,
  Roots,
  readRoots,
  sealHistory,
  verifySession,
} from '#sessions';
import type { StoredRoot } from '../../libs/sessions/src/chain/roots/ledger.ts';
import {
  noCache,
  newSigner,
  raiseFlag,
  request,
  startSession,
} from '../../libs/sessions/src/test-support.ts';
import { StoredFile } from '../scenarios/history/stored-file.ts';
import { withStore } from '../scenarios/history/with-store.ts';

const base = mkdtempSync(join(tmpdir(), 'turnstream-removed-key-'));
const [stolen, current] = [newSigner(), newSigner()];
/** The public keys after the stolen one was removed. */
const keys = new HistoryKeys([current.publicKey]);
const id = randomUUID();
/** Two roots of the stolen key, and one of the current key. */
let exported: Signed[] = [];

async function seal(
  store: EventStore,
  session: string,
  command: SessionCommand,
  signer: HistorySigner,
): Promise<void> {
  await new CommandExecutor(store, noCache).execute(request(session, command));
  await sealHistory(store, { signer });
}

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    await seal(store, id, startSession, stolen);
    await seal(store, id, raiseFlag('two'), stolen);
    await seal(store, id, raiseFlag('three'), current);
    exported = await Array.fromAsync(readRoots(store), ({ statement, signature, key_id }) => ({
      statement,
      signature,
      key_id,
    }));
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** The roots of a copy of the store, and up to which revisions they cover the session. */
async function read({
  roots: given = [],
  tamper = () => undefined,
  meanwhile = async () => undefined,
}: {
  readonly roots?: readonly Signed[];
  readonly tamper?: (file: StoredFile) => void;
  readonly meanwhile?: (store: EventStore) => Promise<unknown>;
}) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  tamper(file);
  file.close();
  return withStore(dir, async (store) => {
    await meanwhile(store);
    const roots = await Roots.read(store, keys, given);
    const report = await verifySession(store, id, roots, keys);
    return {
      used: roots.list.map(({ says }) => says.number),
      byExport: roots.byExport,
      faults: roots.faults.map(({ number, kind }) => `${number} ${kind}`),
      session: report?.faults.map(({ kind, revision }) => `${kind} ${revision}`),
    };
  });
}

const whole = { used: [0, 1, 2], byExport: 2, faults: [], session: [] };
const unknown = ['0 unknown_key', '1 unknown_key'];

test('roots of a removed key cannot be verified without an export', async () => {
  expect(await read({})).toEqual({ used: [2], byExport: 0, faults: unknown, session: [] });
});

test('roots of a removed key are verified by the export', async () => {
  expect(await read({ roots: exported })).toEqual(whole);
});

test('the exported last root verifies those before it', async () => {
  expect(await read({ roots: exported.slice(2) })).toEqual(whole);
});

test('an exported root of the removed key verifies those before it, but none after it', async () => {
  const none = exported.slice(0, 1);
  expect(await read({ roots: none })).toEqual({
    ...whole,
    used: [0, 2],
    byExport: 1,
    faults: ['1 unknown_key'],
  });
});

test('a root that the removed key signs after the export is not verified', async () => {
  const found = await read({
    roots: exported,
    meanwhile: (store) => seal(store, randomUUID(), startSession, stolen),
  });
  expect(found).toEqual({ ...whole, faults: ['3 unknown_key'] });
});

test('a root of the removed key that differs from the exported one is not verified', async () => {
  const forged = stolen.sign((exported[1]?.statement ?? '').replace('"events":1', '"events":2'));
  const found = await read({
    roots: exported,
    tamper: (file) => file.rewrite<StoredRoot>('history-roots', 1, (root) => ({ ...root, ...forged })),
  });
  expect(found).toEqual({
    ...whole,
    used: [0, 2],
    byExport: 1,
    faults: ['1 unknown_key', '2 order', '1 differs'],
  });
});

test('an exported root with a broken signature verifies nothing', async () => {
  const roots = exported
    .slice(2)
    .map((root) => ({ ...root, signature: stolen.sign(root.statement).signature }));
  expect(await read({ roots })).toEqual({
    ...whole,
    used: [2],
    byExport: 0,
    faults: [...unknown, '2 signature'],
  });
});

test('a stored root whose signature by a known key is broken stays a fault, though it was exported', async () => {
  const found = await read({
    roots: exported,
    tamper: (file) =>
      file.rewrite<StoredRoot>('history-roots', 2, (root) => ({
        ...root,
        signature: stolen.sign(root.statement).signature,
      })),
  });
  expect(found).toEqual({ ...whole, used: [0, 1], faults: ['2 signature'] });
});
