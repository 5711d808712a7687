import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StreamReport } from '#sessions';
import { CommandExecutor, HistoryKeys, Roots, sessionStream, VerifyAll, verifySession } from '#sessions';
import { noCache, raiseFlag, request, startSession } from '../../libs/sessions/src/test-support.ts';
import { StoredFile } from '../scenarios/history/stored-file.ts';
import { withStore } from '../scenarios/history/with-store.ts';

const base = mkdtempSync(join(tmpdir(), 'turnstream-unreadable-'));
const keys = new HistoryKeys([]);
const id = randomUUID();
const stream = sessionStream(id);
const last = 4;

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    const executor = new CommandExecutor(store, noCache);
    await executor.execute(request(id, startSession));
    for (let n = 1; n <= last; n += 1) await executor.execute(request(id, raiseFlag(`flag-${n}`)));
    // The stream gets metadata, which every read of it needs.
    await store.truncateStream(stream, 0);
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** The report of the session, alone and among all, in a copy of the store with a damaged file. */
async function after(damage: (file: StoredFile) => void) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  damage(file);
  file.close();
  return withStore(dir, async (store) => {
    const roots = await Roots.read(store, keys);
    const alone = await verifySession(store, id, roots, keys);
    const reports: StreamReport[] = [];
    let broken: string | undefined;
    const all = new VerifyAll(store, roots, keys, {
      onFault: (report) => reports.push(report),
      onBrokenLog: (reason) => {
        broken = reason;
      },
    });
    await all.run();
    return { alone, reports, broken };
  });
}

test('a stream that cannot be read at all has one fault', async () => {
  const { alone, broken } = await after((file) => file.change(`$$${stream}`, 0, 'data', 2, false));
  expect(alone).toMatchObject({ intact: false, events: 0, revision: -1 });
  expect(alone?.faults).toEqual([
    {
      kind: 'unreadable',
      revision: 0,
      detail: expect.stringMatching(/^The stream cannot be read from revision 0: .*checksum/),
    },
  ]);
  expect(broken).toContain('checksum');
});

test('an unreadable last event and one before it are named, and hide no other', async () => {
  const { alone, reports } = await after((file) => {
    file.change(stream, 1, 'data', 5, false);
    file.change(stream, 3, 'data', 5);
    file.change(stream, last, 'data', 5, false);
  });
  const named = alone?.faults.map(({ kind, revision }) => `${kind} ${revision}`);
  expect(named).toEqual(['unreadable 1', 'changed 3', `unreadable ${last}`]);
  // The log cannot be read past the first damaged event, and no root names the session.
  expect(reports).toEqual([]);
});
