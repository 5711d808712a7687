import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import type { SessionCommand } from '#domain';
import { createLogger } from '#platform';
import { DataKeys, openKeyStore, openMasterKeys, withNewKey } from '#privacy';
import { CommandExecutor, EventCodec, EventStore, sessionStream } from '#sessions';
import { startSession, turn } from '../../libs/read-models/src/test-support.ts';
import { noCache, request } from '../../libs/sessions/src/test-support.ts';
import { startEventStore } from '../../packages/embedded-eventstore/src/index.ts';
import { replayOptions } from './options.ts';
import { replay } from './run.ts';
import type { ReplayReport } from './summary.ts';
import { outcomeOf } from './summary.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-replay-'));
const keyFile = join(dir, 'master.json');
const keyEnv = { KEYSTORE_URL: `file:${join(dir, 'keys.db')}`, MASTER_KEYS: `file:${keyFile}` };
const ids = Array.from({ length: 6 }, () => randomUUID()).toSorted();
const [first = ''] = ids;
/** An event of another version cannot be folded. */
const newer = randomUUID();
let events: Awaited<ReturnType<typeof startEventStore>>;
let store: EventStore;

/** Sealed sessions, every second one with a goal. */
beforeAll(async () => {
  events = await startEventStore({ dir: join(dir, 'events') });
  writeFileSync(keyFile, JSON.stringify(withNewKey(undefined, new Date())), { mode: 0o600 });
  const keys = new DataKeys(
    openKeyStore(keyEnv.KEYSTORE_URL, createLogger('spec', 'silent')),
    openMasterKeys(keyEnv.MASTER_KEYS),
  );
  store = new EventStore(events.connectionString, new EventCodec(undefined, keys));
  const executor = new CommandExecutor(store, noCache);
  const execute = (id: string, command: SessionCommand) => executor.execute(request(id, command));
  for (const [index, id] of [...ids, newer].entries()) {
    await execute(id, startSession);
    await execute(id, turn(randomUUID()));
    if (index % 2 === 0) await execute(id, { type: 'SetGoal', goal: 'pay', step: 'secret step' });
  }
  const metadata = { schema_version: 99 };
  const unknown = { event_id: randomUUID(), type: 'FlagCleared', data: { flag: 'x' }, metadata };
  await store.append(sessionStream(newer), [store.codec.encode(unknown)], 2);
});
afterAll(async () => {
  await store.dispose();
  await events.stop();
  rmSync(dir, { recursive: true });
});

function code(name: string, body: string): string {
  const file = join(dir, `${name}.ts`);
  writeFileSync(file, `export const evolve = (state: any, event: any, ours: any) => ${body};\n`);
  return file;
}
const same = code('same', 'ours(state, event)');
const stepless = code(
  'stepless',
  '({ ...ours(state, event), goal_state: { ...ours(state, event).goal_state, step: null } })',
);
const failing = code('failing', `event.type === 'GoalSet' ? state.no.such : ours(state, event)`);

/** Without Redis and PostgreSQL. */
const env = (): Record<string, string> => ({
  EVENTSTORE_URL: events.connectionString,
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://127.0.0.1:1/none',
  ...keyEnv,
});

async function run(...args: string[]): Promise<{ outcome: string; report: ReplayReport; output: string }> {
  const before = { ...process.env };
  Object.assign(process.env, env());
  const lines: string[] = [];
  try {
    const report = await replay(replayOptions(args), (line) => lines.push(line));
    return { outcome: outcomeOf(report), report, output: lines.join('\n') };
  } finally {
    for (const name of Object.keys(env())) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('one session', () => {
  test('is equal with equivalent code', async () => {
    const { outcome, report } = await run('--session', first, '--with', same);
    expect([outcome, report]).toMatchObject(['equal', { sessions: 1, events: 3, different: 0 }]);
  });

  test('differs in the field, and since the event, that the other code folds differently', async () => {
    const { outcome, report, output } = await run('--session', first, '--with', stepless);
    expect(outcome).toBe('different');
    expect(output).toContain('/goal_state/step  since revision 2 GoalSet');
    expect(output).not.toContain('secret step');
    expect(report.samples).toMatchObject([
      { differences: [{ field: '/goal_state/step', before: '[masked]', after: null }] },
    ]);
  });

  test('is equal up to the revision before', async () => {
    const { outcome } = await run('--session', first, '--until', '1', '--with', stepless);
    expect(outcome).toBe('equal');
  });

  test('that does not exist is a fault', async () => {
    await expect(run('--session', randomUUID(), '--with', same)).rejects.toThrow('There is no session');
  });

  test('shows personal values for a purpose, which is recorded', async () => {
    const before = await store.head();
    const { output } = await run('--session', first, '--with', stepless, '--purpose', 'bug_report:4711');
    expect(output).toContain('secret step');
    expect(await store.head()).toBeGreaterThan(before);
  });
});

describe('all sessions', () => {
  test('are compared in threads, and nothing is written', async () => {
    const head = await store.head();
    const { outcome, report } = await run('--all', '--with', stepless, '--workers', '2', '--samples', '2');
    expect(outcome).toBe('different');
    expect(report).toMatchObject({
      sessions: 7,
      events: 18,
      different: 4,
      faults: 0,
      unreadable: 1,
      fields: [{ field: '/goal_state/step', sessions: 4 }],
    });
    const differing = [...ids.filter((_, index) => index % 2 === 0), newer].toSorted();
    expect(report.samples.map(({ session_id }) => session_id)).toEqual(differing.slice(0, 2));
    expect(await store.head()).toBe(head);
  });
});

test('other code that fails is a fault, at its event', async () => {
  const { outcome, report } = await run('--session', first, '--with', failing);
  expect(outcome).toBe('faults');
  expect(report.samples).toMatchObject([
    { fault: { revision: 2, type: 'GoalSet', error: expect.stringContaining('TypeError at ') } },
  ]);
});

describe('the program', () => {
  test.each([
    [stepless, 1],
    ['nowhere.ts', 2],
  ])('with %s ends with the exit code %i', async (file, code) => {
    const report = join(dir, `${code}.json`);
    const node = ['--no-warnings', '--conditions=source', '--import', './tools/register.mjs'];
    const args = ['--session', first, '--with', file, '--json', report];
    const program = [...node, 'tools/replay/main.ts', ...args];
    const { exitCode } = await execa(process.execPath, program, { env: env(), reject: false });
    expect([exitCode, existsSync(report)]).toEqual([code, code === 1]);
  });

  test('writes a report', () => {
    const report: unknown = JSON.parse(readFileSync(join(dir, '1.json'), 'utf8'));
    expect(report).toMatchObject({ outcome: 'different', with: stepless, session: first, different: 1 });
  });
});
