import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StreamReport } from '#sessions';
import {
  CommandExecutor,
  HistoryKeys,
  Roots,
  sessionStream,
  truncateErased,
  VerifyAll,
  verifySession,
} from '#sessions';
import { noCache, raiseFlag, request, startSession } from '../../libs/sessions/src/test-support.ts';
import { StoredFile } from '../scenarios/history/stored-file.ts';
import { withStore } from '../scenarios/history/with-store.ts';

const base = mkdtempSync(join(tmpdir(), 'turnstream-unreadable-'));
const keys = new HistoryKeys([]);
const id = randomUUID();
const stream = sessionStream(id);
const last = 4;
const truncatedId = randomUUID();
const truncated = sessionStream(truncatedId);
const first = 2;

beforeAll(async () => {
  await withStore(join(base, 'whole'), async (store) => {
    const executor = new CommandExecutor(store, noCache);
    for (const session of [id, truncatedId]) {
      await executor.execute(request(session, startSession));
      for (let n = 1; n <= last; n += 1) await executor.execute(request(session, raiseFlag(`flag-${n}`)));
    }
    // The stream gets metadata, which every read of it needs.
    await store.truncateStream(stream, 0);
    await truncateErased(store, truncatedId, first, undefined);
  });
});
afterAll(() => rmSync(base, { recursive: true }));

/** The report of a session, alone and among all, in a copy of the store with a damaged file. */
async function after(damage: (file: StoredFile) => void, session = id) {
  const dir = mkdtempSync(join(base, 'copy-'));
  cpSync(join(base, 'whole'), dir, { recursive: true });
  const file = new StoredFile(dir);
  damage(file);
  file.close();
  return withStore(dir, async (store) => {
    const roots = await Roots.read(store, keys);
    const alone = await verifySession(store, session, roots, keys);
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

const named = (report: StreamReport | undefined): string[] | undefined =>
  report?.faults.map(({ kind, revision }) => `${kind} ${revision}`);

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
  expect(named(alone)).toEqual(['unreadable 1', 'changed 3', `unreadable ${last}`]);
  // The log cannot be read past the first damaged event, and no root names the session.
  expect(reports).toEqual([]);
});

test.each([
  ['the first', [first]],
  ['the last', [last]],
  ['each', [first, 3, last]],
])(
  '%s unreadable event of those that a truncation left is named, and no removed one',
  async (_, revisions) => {
    const { alone } = await after((file) => {
      for (const revision of revisions) file.change(truncated, revision, 'data', 5, false);
    }, truncatedId);
    expect(named(alone)).toEqual(revisions.map((revision) => `unreadable ${revision}`));
    expect(alone?.gaps).toEqual([{ kind: 'truncated', from: 0, to: first - 1, reason: 'erasure' }]);
  },
);

test('a dropped event before an unreadable one is not taken for unreadable', async () => {
  const { alone } = await after((file) => {
    file.change(stream, 3, 'data', 5, false);
    file.drop(stream, 1, 2);
  });
  expect(named(alone)).toEqual(['dropped 1', 'unreadable 3']);
});
