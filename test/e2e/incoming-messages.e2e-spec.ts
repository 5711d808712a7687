import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Processes } from '../diagnostics/processes.ts';
import { withDiagnostics } from '../diagnostics/processes.ts';
import type { HostileRun } from '../hostile-messages/run.ts';
import { runHostileMessages } from '../hostile-messages/run.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { withClients } from '../scenarios/clients.ts';
import { absence } from '../scenarios/bridge/absence.ts';
import { fanOut } from '../scenarios/bridge/fan-out.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import { startSubjects } from '../scenarios/inquiries/incoming.ts';
import type { Subject } from '../scenarios/inquiries/messages.ts';
import { withOwnSystem } from '../scenarios/system.ts';

/** `npm run prove -- bridge` at small size. */
type Watched = { readonly system: ConnectedSystem; readonly processes: Processes };
const held = holdOpen<Watched>((work) =>
  withDiagnostics((processes) =>
    withOwnSystem((own) => withClients(own, (system) => work({ system, processes })), {}, false, 1),
  ),
);
let watched: Watched;
let subjects: Subject[];
let run: HostileRun;
beforeAll(async () => {
  // A separate Kafka: the bridges of other specs would read all messages, too.
  delete process.env['KAFKA_BROKERS'];
  watched = await held.open();
  const { system, processes } = watched;
  subjects = await startSubjects(system, 20);
  run = await runHostileMessages(system, processes, subjects, 80);
});
afterAll(() => held.close());

test('every good message between hostile ones has its effect, once', () => {
  expect(run.good).toBeGreaterThanOrEqual(4 * 80);
  expect([run.withoutEffect, run.withTwoEffects]).toEqual([[], []]);
});

test('every hostile message is in the dead letters', () => {
  expect(run.hostile).toBeGreaterThanOrEqual(240);
  expect(run.notSetAside).toEqual([]);
});

test('no process ends', () => {
  expect(run.watched.changed).toEqual([]);
});

test('no event loop is blocked for as long as the session timeout of the group', () => {
  expect(run.watched.longestBlock.ms).toBeLessThan(6_000);
});

test('an event for many sessions of a partner is in each of them once', async () => {
  const { system, processes } = watched;
  const [subject] = subjects;
  if (subject === undefined) throw new Error('no session');
  const { sessions, without, twice, meanwhile } = await fanOut(system, processes, { subject, sessions: 150 });
  expect([sessions, without, twice]).toEqual([150, [], []]);
  expect(meanwhile.samples).toBeGreaterThan(0);
});

test.each(['projector', 'bridge'] as const)(
  'while the %s is stopped, updates and mentions are not lost',
  async (who) => {
    const run = await absence(watched.system, { who, seconds: 4, sessions: 20 });
    expect(run).toMatchObject({ sessions: 20, incomplete: [], wrong: [], outdated: [] });
  },
);
