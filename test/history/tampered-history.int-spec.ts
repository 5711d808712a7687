import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
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
import {
  noCache,
  newSigner,
  raiseFlag,
  request,
  startSession,
} from '../../libs/sessions/src/test-support.ts';
import type { Part } from '../scenarios/history/stored-file.ts';
import { StoredFile } from '../scenarios/history/stored-file.ts';
import { withStore } from '../scenarios/history/with-store.ts';

const base = mkdtempSync(join(tmpdir(), 'turnstream-tampered-'));
const signer = newSigner();
const keys = new HistoryKeys([signer.publicKey]);
const ids: string[] = Array.from({ length: 4 }, () => randomUUID());
const [one, two, three] = ids as [string, string, string, string];
const last = 5;
/** The exported roots. */
let exported: Signed[] = [];
let sealed: Awaited<ReturnType<typeof sealHistory>>;

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    const run = (id: string, command: SessionCommand) =>
      new CommandExecutor(store, noCache).execute(request(id, command));
    for (const id of ids) {
      await run(id, startSession);
      for (let n = 1; n <= last; n += 1) await run(id, raiseFlag(`flag-${n}`));
    }
    sealed = await sealHistory(store, { signer });
    await run(one, raiseFlag('later'));
    exported = await Array.fromAsync(readRoots(store));
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** The findings in a copy of the store after tampering with its file. */
async function after(tamper: (file: StoredFile) => void) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  tamper(file);
  file.close();
  return withStore(dir, async (store) => {
    const reports: StreamReport[] = [];
    const roots = await Roots.read(store, keys, exported);
    const all = new VerifyAll(store, roots, keys, {
      onFault: (report) => reports.push(report),
      onBrokenLog: () => undefined,
    });
    const totals = await all.run();
    return { reports, totals, roots: roots.faults.map(({ kind }) => kind) };
  });
}

const named = ({ reports }: { reports: readonly StreamReport[] }): string[] =>
  reports.flatMap(({ session_id, faults }) =>
    faults.map(({ kind, revision }) => `${ids.indexOf(session_id)} ${kind} ${revision}`),
  );

test('an unchanged store has no faults', async () => {
  expect(sealed).toMatchObject([{ number: 0, sessions: 4, events: 24, unchained: 0 }]);
  expect(await after(() => undefined)).toMatchObject({
    reports: [],
    totals: { sessions: 4, events: 25, leaves: 4, not_chained: 0, faulty: 0 },
    roots: [],
  });
});

const changes: [Part, number, number][] = [
  ['data', 0, 3],
  ['data', 5, 40],
  ['meta', 2, 10],
  ['meta', 5, 0],
  ['meta', 4, -1],
  ['type', 3, 2],
  ['id', 1, 7],
];

test('one byte of each part of events of several sessions is found, and each event is named', async () => {
  const found = await after((file) => {
    for (const [index, [part, revision, at]] of changes.entries()) {
      const stream = sessionStream(ids[index % 3] ?? '');
      const { length } = Buffer.from(file.rows(stream)[revision]?.[part] ?? '');
      file.change(stream, revision, part, at < 0 ? length + at : at);
    }
  });
  const expected = changes.map(([, revision], index) => `${index % 3} changed ${revision}`);
  expect(named(found).toSorted()).toEqual(expected.toSorted());
});

test('an unreadable event is named, and hides no other', async () => {
  const found = await after((file) => {
    file.change(sessionStream(one), 2, 'data', 5, false);
    file.change(sessionStream(three), last, 'data', 5);
  });
  expect(named(found).toSorted()).toEqual(['0 unreadable 2', '2 changed 5']);
});

test('events that were swapped, dropped, or removed from the end are named', async () => {
  const found = await after((file) => {
    file.swap(sessionStream(one), 2, 3);
    file.drop(sessionStream(two), 4);
    file.drop(sessionStream(three), last);
  });
  expect(named(found).toSorted()).toEqual(['0 moved 2', '0 moved 3', '1 dropped 4', '2 removed 5']);
});

test('a completely removed session is detected by a root', async () => {
  expect(named(await after((file) => file.drop(sessionStream(two), 0, last)))).toEqual(['1 removed 0']);
});

test('roots that were changed or left out are found, by those that were exported too', async () => {
  const changed = await after((file) => file.change('history-roots', 0, 'data', 40));
  expect(changed.roots).toEqual(['signature', 'differs']);
  const damaged = await after((file) => file.change('history-roots', 0, 'data', 40, false));
  expect(damaged.roots).toEqual(['gone', 'gone']);
  const gone = await after((file) => file.drop('history-roots', 0));
  expect(gone.roots).toEqual(['gone']);
});

test('an event after the last root is checked, too', async () => {
  expect(named(await after((file) => file.change(sessionStream(one), 6, 'data', 12)))).toEqual([
    '0 changed 6',
  ]);
});

test('a session alone is checked against the roots', async () => {
  await withStore(join(base, 'whole'), async (store) => {
    const roots = await Roots.read(store, keys);
    expect(await verifySession(store, one, roots, keys)).toMatchObject({
      intact: true,
      events: 7,
      revision: 6,
      sealed_to: 5,
    });
    expect(await verifySession(store, randomUUID(), roots, keys)).toBeUndefined();
  });
});
