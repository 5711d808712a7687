import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventData } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Signed, StreamReport } from '#sessions';
import {
  CommandExecutor,
  HistoryKeys,
  Roots,
  readRoots,
  sealHistory,
  sessionStream,
  VerifyAll,
  verifySession,
} from '#sessions';
import { chainEvents, seedOf } from '../../libs/sessions/src/chain/link.ts';
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

const base = mkdtempSync(join(tmpdir(), 'turnstream-forged-'));
const signer = newSigner();
const keys = new HistoryKeys([signer.publicKey]);
const ids = Array.from({ length: 3 }, () => randomUUID()).toSorted() as [string, string, string];
const [, forged, gone] = ids;
const last = 3;
let root: StoredRoot;

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    const commands = [startSession, ...Array.from({ length: last }, (_, n) => raiseFlag(`flag-${n}`))];
    for (const id of ids)
      for (const command of commands) await new CommandExecutor(store, noCache).execute(request(id, command));
    await sealHistory(store, { signer });
    [root] = (await Array.fromAsync(readRoots(store))) as [StoredRoot];
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** Rewrites a history with right hashes, and deletes another. */
function forge(file: StoredFile): void {
  const stream = sessionStream(forged);
  const events = file.rows(stream).map(({ id, type, data, meta }): EventData => ({
    id: id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    type,
    contentType: 'application/json',
    data: { ...(JSON.parse(data.toString()) as object), forged: true },
    metadata: JSON.parse(meta.toString()) as Record<string, unknown>,
  }));
  for (const [revision, { data, metadata }] of chainEvents(seedOf(stream), events).events.entries()) {
    file.write(stream, revision, 'data', data as Uint8Array);
    file.write(stream, revision, 'meta', metadata as Uint8Array);
  }
  file.drop(sessionStream(gone), 0, last);
}

/** What is reported of all sessions, of the forged and the deleted one alone, and of the roots. */
async function after(tamper: (file: StoredFile) => void) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  tamper(file);
  file.close();
  return withStore(dir, async (store) => {
    const exported: Signed[] = [root];
    const reports: StreamReport[] = [];
    const roots = await Roots.read(store, keys, exported);
    await new VerifyAll(store, roots, keys, { onFault: (report) => reports.push(report) }).run();
    const fresh = await Roots.read(store, keys);
    const alone = await Promise.all([forged, gone].map((id) => verifySession(store, id, fresh, keys)));
    return {
      all: reports.flatMap(named).toSorted(),
      alone: alone.flatMap((report) => (report === undefined ? ['unknown'] : named(report))),
      roots: roots.faults.map(({ kind }) => kind),
    };
  });
}

const named = ({ session_id, faults }: StreamReport): string[] =>
  faults.map(({ kind, revision }) => `${ids.indexOf(session_id)} ${kind} ${revision}`);
const both = [`1 rewritten ${last}`, '2 removed 0'];

test('a history rewritten with right hashes and a deleted one are found by the root', async () => {
  expect(await after(forge)).toEqual({ all: both, alone: both, roots: [] });
});

test.each(['zzz', '', sessionStream(gone)])(
  'a root whose page claims to begin at "%s" hides nothing',
  async (first) => {
    const found = await after((file) => {
      forge(file);
      file.rewrite<StoredRoot>('history-roots', 0, (stored) => ({
        ...stored,
        pages: stored.pages.map((page) => ({ ...page, first })),
      }));
    });
    expect(found).toEqual({ all: both, alone: both, roots: ['leaves'] });
  },
);

type Leaves = { leaves: [unknown, unknown, unknown][] };
const disguises: [string, (leaf: Leaves['leaves'][number]) => Leaves['leaves'][number]][] = [
  ['their revision as a text', ([stream, revision, chain]) => [stream, String(revision), chain]],
  ['their name in a list', ([stream, revision, chain]) => [[stream], revision, chain]],
];
test.each(disguises)('leaves with the signed text but %s are a fault of the root', async (_, disguise) => {
  const found = await after((file) => {
    forge(file);
    file.rewrite<Leaves>(root.leaves_stream, 0, ({ leaves }) => ({ leaves: leaves.map(disguise) }));
  });
  expect(found.roots).toEqual(['leaves']);
});

test('a leaf that is known already counts, even if no root is found that has it', async () => {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  file.drop('history-roots', 0);
  file.close();
  const report = await withStore(dir, async (store) => {
    const none = await Roots.read(store, keys);
    return verifySession(store, forged, none, keys, [[sessionStream(forged), last, 'another hash']]);
  });
  expect(report && named(report)).toEqual([`1 rewritten ${last}`]);
});
