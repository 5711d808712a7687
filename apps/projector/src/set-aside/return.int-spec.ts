import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newSession } from '#domain';
import { waitUntil } from '#platform';
import { dropStandby, listSetAside, requestRedrive } from '#read-models';
import { EventCodec, foldStream } from '#sessions';
import { shadow, switchTo } from '../rebuild/shadow.ts';
import type { RebuildOptions } from '../rebuild/tables.ts';
import { rebuild } from '../rebuild/tables.ts';
import type { ProjectorHarness } from '../test-harness.ts';
import { rowsPool } from '../test-harness.ts';
import { kinds, newerVersion, refused, SetAsideHarness, unfoldable } from './test-support.ts';

let aside: SetAsideHarness;
let harness: ProjectorHarness;
beforeAll(async () => {
  aside = await SetAsideHarness.create();
  harness = aside.projector;
});
beforeEach(() => harness.reset());
afterAll(() => harness.end());

/** A codec that reads version 2 of a turn: the newer code. */
const newerCode = new EventCodec({ TurnRecorded: [(data) => data] });

const options = (): RebuildOptions => ({
  store: harness.store,
  pool: (settings = 'SELECT 1') => rowsPool(harness.database.url, settings),
  textSearch: 'off',
});
const run = (): ReturnType<typeof rebuild> => rebuild(options());

/** Whether the next event of a session reaches its row and its context. */
async function continues(id: string): Promise<boolean> {
  const revision = await harness.append(id, 'FlagRaised', { flag: 'after', value: true });
  const arrived = async (): Promise<boolean> =>
    (await aside.contextRevision(id)) === revision && (await aside.rowRevision(id)) === revision;
  await waitUntil(arrived, { what: 'the next event' });
  return (await aside.contexts.load(id))?.revision === revision;
}

describe('a session that is set aside', () => {
  test('comes back when newer code starts', async () => {
    const { id } = await aside.conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    const { deps } = await harness.start({ codec: newerCode });
    await waitUntil(() => aside.isBack(id), { what: 'the session to be back' });
    const session = await foldStream(deps.store, newSession(id));
    expect(await aside.rowRevision(id)).toBe(session.revision);
    expect((await aside.contexts.load(id))?.state).toEqual(session.state);
  });

  test('continues with its next event after it came back', async () => {
    const { id } = await aside.conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    await harness.start({ codec: newerCode });
    await waitUntil(() => aside.isBack(id), { what: 'the session to be back' });
    expect(await continues(id)).toBe(true);
  });

  test('comes back by a redrive while the projector runs', async () => {
    const steps: Record<string, ((data: object) => Record<string, unknown>)[]> = {};
    const { id } = await aside.conversations(newerVersion);
    const { deps } = await harness.start({ codec: new EventCodec(steps) });
    await harness.setAside(id);
    steps['TurnRecorded'] = [(data) => ({ ...data })];
    expect(await requestRedrive(harness.pool, [id])).toEqual([id]);
    await waitUntil(() => aside.isBack(id), { what: 'the session to be back' });
    const session = await foldStream(deps.store, newSession(id));
    expect(await aside.rowRevision(id)).toBe(session.revision);
    expect((await aside.contexts.load(id))?.state).toEqual(session.state);
    expect(await continues(id)).toBe(true);
  });

  test('continues with its next event after it was healed while the projector runs', async () => {
    const steps: Record<string, ((data: object) => Record<string, unknown>)[]> = {};
    const { id } = await aside.conversations(newerVersion);
    await harness.start({ codec: new EventCodec(steps) });
    await harness.setAside(id);
    steps['TurnRecorded'] = [(data) => ({ ...data })];
    await harness.pool.query(
      `INSERT INTO projection_drift (session_id, kind, problem, heal_requested) VALUES ($1, 'session', 'missing', true)`,
      [id],
    );
    await waitUntil(() => aside.isBack(id), { what: 'the session to be back' });
    expect(await continues(id)).toBe(true);
  });

  test('stays in the list after a redrive that does not help', async () => {
    const { id } = await aside.conversations(refused);
    await harness.start();
    const entry = await harness.setAside(id);
    await requestRedrive(harness.pool);
    await waitUntil(
      async () => (await listSetAside(harness.pool)).every(({ redrive_requested }) => !redrive_requested),
      { what: 'the redrive' },
    );
    expect(await harness.setAside(id)).toMatchObject({ revision: entry.revision, since: entry.since });
  });
});

describe('a rebuild of the tables', () => {
  test('sets a session aside at each kind of event that no row can hold', async () => {
    const unstorable = kinds.filter(([, bad]) => bad !== unfoldable);
    const all = await Promise.all(unstorable.map(([, bad]) => aside.conversations(bad)));
    await run();
    for (const [index, { id, revision, others }] of all.entries()) {
      const entry = await harness.setAside(id);
      expect(entry).toMatchObject({
        revision,
        reason: expect.stringContaining(unstorable[index]?.[2] ?? ''),
      });
      expect(await aside.rowRevision(id)).toBe(revision - 1);
      expect(await aside.rowRevision(others[0] ?? '')).toBe(2);
    }
  });

  test('brings a session back that can be projected now', async () => {
    const { id } = await aside.conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await older.stop();
    await run();
    await harness.start({ codec: newerCode });
    await waitUntil(() => aside.isBack(id), { what: 'the session to be back' });
    await expect(aside.contexts.document(id)).resolves.toBeDefined();
  });

  test('keeps a session in the list that only its context cannot fold', async () => {
    const { id, revision } = await aside.conversations(unfoldable);
    await harness.start();
    await harness.setAside(id);
    await run();
    await harness.setAside(id);
    expect(await aside.rowRevision(id)).toBe(revision - 1);
  });

  test('leaves out the events of a set-aside session, and lists it until it is complete', async () => {
    const { id } = await aside.conversations(newerVersion);
    const older = await harness.start();
    await harness.setAside(id);
    await shadow(options());
    const revision = await harness.append(id, 'FlagRaised', { flag: 'last', value: true });
    await shadow(options());
    await older.stop();
    await harness.start({ codec: newerCode });
    const isWhole = async (): Promise<boolean> =>
      (await aside.rowRevision(id)) === revision && (await aside.isBack(id));
    await waitUntil(isWhole, { what: 'the session to be back' });
    for (const role of ['new', 'old'] as const) {
      await switchTo(role, options());
      await waitUntil(isWhole, { what: 'the session to be whole in the other tables' });
      const { rows } = await harness.pool.query<{ flags: number }>(
        "SELECT count(*)::int AS flags FROM session_milestone WHERE session_id = $1 AND kind = 'flag_raised'",
        [id],
      );
      expect(rows).toEqual([{ flags: 2 }]);
    }
    await dropStandby(harness.pool);
  });
});
