import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startEventStore } from '@turnstream/embedded-eventstore';
import type { EventStore } from '#sessions';
import {
  CommandExecutor,
  HistoryKeys,
  lastLinkOf,
  proveEvent,
  Roots,
  readRoots,
  sealHistory,
  sessionStream,
  VerifyAll,
  verifySession,
} from '#sessions';
import { startTestApp } from '../../apps/api/src/test-app.ts';
import { merkleRoot } from '../../libs/sessions/src/chain/merkle.ts';
import type { Leaf } from '../../libs/sessions/src/chain/roots/leaves.ts';
import { pageNodes, pageOf } from '../../libs/sessions/src/chain/roots/leaves.ts';
import type { StoredRoot } from '../../libs/sessions/src/chain/roots/ledger.ts';
import { storeLeaves, storeRoot } from '../../libs/sessions/src/chain/roots/ledger.ts';
import { noCache, newSigner, request, startSession } from '../../libs/sessions/src/test-support.ts';
import { StoredFile } from '../scenarios/history/stored-file.ts';
import { withStore } from '../scenarios/history/with-store.ts';

const base = mkdtempSync(join(tmpdir(), 'turnstream-root-faults-'));
const [signer, stranger] = [newSigner(), newSigner()];
const keys = new HistoryKeys([signer.publicKey]);
/** Three that root 0 covers on a page each, one that root 1 covers, and one that no root covers. */
const sealed = Array.from({ length: 3 }, () => randomUUID()).toSorted();
const [later, last] = [randomUUID(), randomUUID()];
const ids = [...sealed, later, last];
let roots: StoredRoot[];

const start = (store: EventStore, id: string) =>
  new CommandExecutor(store, noCache).execute(request(id, startSession));

/** As `sealHistory`, but with one leaf on each page. */
async function sealPages(store: EventStore): Promise<void> {
  const streams = sealed.map((id) => sessionStream(id));
  const pages = await Promise.all(
    streams.map(async (stream): Promise<Leaf[]> => [[stream, 0, await lastLinkOf(store, stream, 0)]]),
  );
  const described = { pages: pages.map(pageOf), leaves_stream: await storeLeaves(store, pages) };
  const at = new Date().toISOString();
  const counts = { sessions: 3, events: 3, unchained: 0 };
  const root = merkleRoot(pageNodes(described.pages)).toString('base64url');
  const position = String(await store.head());
  const about = { version: 1, kind: 'root', number: 0, previous: null, from: at, to: at } as const;
  await storeRoot(store, { ...about, position, ...counts, root }, described, signer);
}

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    for (const id of sealed) await start(store, id);
    await sealPages(store);
    await start(store, later);
    await sealHistory(store, { signer });
    await start(store, last);
    roots = await Array.fromAsync(readRoots(store));
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** A copy of the store after tampering with its file. */
function copied(tamper: (file: StoredFile) => void): string {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  tamper(file);
  file.close();
  return dir;
}

/** What is reported of each session after tampering: intact, sealed to, faults of roots. */
async function after(tamper: (file: StoredFile) => void, known = keys) {
  return withStore(copied(tamper), async (store) => {
    const read = await Roots.read(store, known);
    const reports = await Promise.all(ids.map((id) => verifySession(store, id, read, known)));
    const unknown = await verifySession(store, randomUUID(), read, known);
    const all = new VerifyAll(store, read, known, { onFault: () => undefined, onBrokenLog: () => undefined });
    return {
      unknown,
      changed: (await all.run()).faulty,
      reports: reports.map((report) => [
        report?.intact,
        report?.sealed_to,
        ...(report?.root_faults.map(({ number, kind }) => `${number} ${kind}`) ?? []),
      ]),
    };
  });
}

const result = (...reports: unknown[]) => ({ unknown: undefined, changed: 0, reports });
const [fine, open] = [
  [true, 0],
  [true, null],
];

test('without a fault of a root, each session is intact', async () => {
  expect(await after(() => undefined)).toEqual(result(fine, fine, fine, fine, open));
});

test('a broken signature leaves no session intact that began before the next root', async () => {
  const { signature } = stranger.sign('other');
  const sign = (number: number) => (file: StoredFile) =>
    file.rewrite<StoredRoot>('history-roots', number, (root) => ({ ...root, signature }));
  const first = [false, null, '0 signature'];
  expect(await after(sign(0))).toEqual(result(first, first, first, [false, 0, '0 signature'], open));
  const covered = [false, 0, '1 signature'];
  const not = [false, null, '1 signature'];
  expect(await after(sign(1))).toEqual(result(covered, covered, covered, not, not));
});

test('an event that a faulty root may cover has no proof, for that reason', async () => {
  const { signature } = stranger.sign('other');
  const dir = copied((file) => {
    file.rewrite<StoredRoot>('history-roots', 0, (root) => ({ ...root, signature }));
  });
  const proofs = await withStore(dir, async (store) => {
    const read = await Roots.read(store, keys);
    return Promise.all(ids.map((id) => proveEvent(store, id, 0, read, keys)));
  });
  const proven = expect.objectContaining({ version: 1 });
  const hidden = sealed.map(() => 'faulty_root');
  expect(proofs).toEqual([...hidden, proven, 'not_sealed']);
});

test('a root whose key is unknown leaves no session intact that it may cover', async () => {
  const not = [false, null, '0 unknown_key', '1 unknown_key'];
  const found = await after(() => undefined, new HistoryKeys([stranger.publicKey]));
  expect(found).toEqual(result(not, not, not, not, not));
});

test.each<[string, (file: StoredFile) => void]>([
  ['changed', (file) => file.rewrite(roots[0]?.leaves_stream ?? '', 1, () => ({ leaves: 'none' }))],
  ['damaged', (file) => file.change(roots[0]?.leaves_stream ?? '', 1, 'data', 5, false)],
  ['missing', (file) => file.drop(roots[0]?.leaves_stream ?? '', 1)],
])('a %s page of leaves concerns only the sessions that may be on it', async (_, tamper) => {
  const { reports } = await after(tamper);
  const [before, on, behind, ...rest] = reports;
  expect([before, behind, ...rest]).toEqual([fine, fine, fine, open]);
  expect(on).toEqual(expect.arrayContaining([false, null, '0 leaves']));
});

test('a page that begins elsewhere than the root says concerns no session', async () => {
  const found = await after((file) =>
    file.rewrite<StoredRoot>('history-roots', 0, (root) => ({
      ...root,
      pages: root.pages.map((page) => ({ ...page, first: 'zzz' })),
    })),
  );
  expect(found).toEqual(result(fine, fine, fine, fine, open));
});

test('a root that cannot be read leaves no session intact', async () => {
  const { reports } = await after((file) => file.change('history-roots', 0, 'data', 9, false));
  const not = [false, null, '0 gone'];
  expect(reports).toEqual([not, not, not, not, not]);
});

test('the api reports a last root that cannot be read', async () => {
  const dir = copied((file) => file.change('history-roots', 1, 'data', 9, false));
  const embedded = await startEventStore({ dir });
  const app = await startTestApp({ eventStoreUrl: embedded.connectionString });
  try {
    const { status, body } = await app.call('GET', `/v1/sessions/${sealed[0]}/verification`);
    expect([status, body]).toMatchObject([
      200,
      { intact: false, events: 1, faults: [], root_faults: [{ kind: 'gone' }] },
    ]);
  } finally {
    await app.close();
    await embedded.stop();
  }
});

test('of many faults of roots a report has some', async () => {
  const found = await withStore(join(base, 'whole'), async (store) => {
    const [, root] = roots;
    const { signature } = stranger.sign('other');
    for (let number = 2; number < 30; number += 1)
      await store.append(
        'history-roots',
        [
          {
            id: randomUUID(),
            type: 'HistoryRootSealed',
            contentType: 'application/json',
            data: { ...root, signature },
            metadata: {},
          },
        ],
        number - 1,
      );
    return verifySession(store, last, await Roots.read(store, keys), keys);
  });
  expect(found?.root_faults.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
});
