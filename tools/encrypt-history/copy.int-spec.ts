import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SessionCommand } from '#domain';
import type { EventStore } from '#sessions';
import {
  CommandExecutor,
  commandPartner,
  readRetentionRuns,
  readSession,
  recordRetentionRun,
} from '#sessions';
import { assignSession, noCache, request, startSession } from '../../libs/sessions/src/test-support.ts';
import type { Copied, Stores } from './copy.ts';
import { Copy } from './copy.ts';
import { places, startStores } from './test-stores.ts';
import { differences } from './verify.ts';

const [id, truncated] = [randomUUID(), randomUUID()];
const partner_id = 'P-history';
const commandIds = ['message:CANARY'];
const flag: SessionCommand = { type: 'RaiseFlag', flag: 'vip', value: 'CANARY' };
const retentionRun = {
  started_at: '2026-01-05T09:00:00.000Z',
  finished_at: '2026-01-05T09:00:01.000Z',
  before: { sessions: null, partners: null, access: null },
  deleted: { sessions: 0, partners: 0, access_days: 0 },
};
let stores: Stores;
let plain: EventStore;
let stop: () => Promise<void>;
let copied: Copied;

const run = (store: EventStore, session: string, command: SessionCommand, ids: readonly string[] = []) =>
  new CommandExecutor(store, noCache).execute(request(session, command, { commandIds: ids }));

/** A history from before encryption: an ended conversation, one whose first events were deleted, and their partner. */
beforeAll(async () => {
  ({ stores, plain, stop } = await startStores());
  await assignSession(plain, partner_id, id);
  for (const session of [id, truncated]) {
    await run(plain, session, { ...startSession, partner_id, name: 'CANARY' });
    await run(plain, session, flag, commandIds);
  }
  await run(plain, id, { type: 'EndSession', reason: 'CANARY' });
  await recordRetentionRun(plain, retentionRun);
  await stores.reader.setStreamMetadata(`session-${truncated}`, { truncateBefore: 1 });
  copied = await new Copy(stores).run();
});
afterAll(() => stop());

const streams = [`session-${id}`, `session-${truncated}`, `partner-${partner_id}`];

test.each(streams)(
  'the events of %s keep their ids and revisions, and contain nothing personal',
  async (stream) => {
    expect(await places(stores.to, stream)).toEqual(await places(stores.from, stream));
    const events = await Array.fromAsync(stores.to.read(stream));
    expect(events.length).toBeGreaterThan(0);
    expect(JSON.stringify(events.map(({ data, metadata }) => [data, metadata]))).not.toContain('CANARY');
  },
);

test('every stream folds to the same state in both stores', async () => {
  expect(copied.streams.size).toBe(4);
  expect(await readRetentionRuns(stores.to)).toEqual([retentionRun]);
  expect(await differences(stores.from, stores.to, copied.streams)).toEqual([]);
  expect((await readSession(stores.to, id))?.state.identity.name).toBe('CANARY');
});

test('a command that was recorded before is recognised', async () => {
  expect(await run(stores.to, id, flag, commandIds)).toMatchObject({ replayed: true, revision: 1 });
});

test('a second run adds nothing old, and continues with new events', async () => {
  const again = await new Copy(stores).run();
  expect(again).toMatchObject({ events: 0, known: copied.events, fillers: 0 });
  const other = randomUUID();
  await run(plain, other, { ...startSession, partner_id });
  expect(await new Copy(stores).run()).toMatchObject({ events: 1, known: copied.events });
});

test('events of a returned partner are sealed with a key from after the receipt, and the erasure needs no key', async () => {
  const partner = 'P-erased';
  const erasure_id = randomUUID();
  const by = { role: 'human', id: 'dpo' } as const;
  const asked = { erasure_id, reason: 'asked', requested_at: retentionRun.started_at, requested_by: by };
  const context = { actor: by, $correlationId: 'spec' };
  const command = (more: Parameters<typeof commandPartner>[1]) => commandPartner(plain, more, context);
  await command({ type: 'RequestErasure', partner_id: partner, request: asked, keep_until: null });
  const receipt = {
    ...asked,
    receipt_id: randomUUID(),
    erased_at: retentionRun.finished_at,
    after: 'request',
    sessions: 0,
    keys_destroyed: 0,
    last_key_copy_gone_on: null,
    checked: [],
  } as const;
  await command({ type: 'FinishErasure', partner_id: partner, receipt });
  const { receipt_id, erased_at } = receipt;
  await stores.keys.recordErasure({ partner_id: partner, receipt_id, erased_at });
  const { sealed } = await new Copy(stores).run();
  const session = randomUUID();
  await assignSession(plain, partner, session);
  await run(plain, session, { ...startSession, partner_id: partner, name: 'CANARY' });
  expect([sealed, (await new Copy(stores).run()).sealed]).toEqual([0, 2]);
  expect((await readSession(stores.to, session))?.state.identity.name).toBe('CANARY');
});

test('a difference is found', async () => {
  const session = randomUUID();
  await run(stores.to, session, { ...startSession, partner_id });
  expect(await differences(stores.from, stores.to, [`session-${session}`])).toEqual([`session-${session}`]);
});
