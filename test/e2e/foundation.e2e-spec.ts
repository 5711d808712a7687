import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Turnstream } from '@turnstream/sdk';
import type { System } from '#launcher';
import { sampleDialogues } from '../../tools/import/sample.ts';
import { proveOneEvent, proveOneWinner } from '../acceptance/conflicts.ts';
import { proveCrashes, proveImport } from '../acceptance/conversations.ts';
import { smallData } from '../acceptance/data.ts';
import { Report } from '../acceptance/report.ts';
import { withOwnSystem } from '../acceptance/system.ts';

/** `npm run prove -- foundation` in small, on one system for all tests. */
let system: System;
let finish: () => void;
let finished: Promise<void>;
const limitMs = 120_000;

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    finished = withOwnSystem(async (own) => {
      system = own;
      const end = new Promise<void>((resolve) => {
        finish = resolve;
      });
      ready();
      await end;
    });
    finished.catch(failed);
  });
}, limitMs);
afterAll(async () => {
  finish();
  await finished;
}, limitMs);

async function missed(prove: (report: Report) => Promise<void>): Promise<readonly string[]> {
  const report = new Report(true);
  await prove(report);
  return report.missed;
}

test(
  'conversations go through: rows and contexts are right, and again adds nothing',
  async () => {
    expect(await missed((report) => proveImport(system, smallData('', 8, 2), report))).toEqual([]);
  },
  limitMs,
);

test(
  'all is right after projector, api and event store were killed and Redis was flushed',
  async () => {
    expect(await missed((report) => proveCrashes(system, smallData('crash-', 24, 5), report))).toEqual([]);
  },
  limitMs,
);

test('of writers with the same If-Match one wins', async () => {
  expect(await missed((report) => proveOneWinner(system, 16, report))).toEqual([]);
});

test('identical requests at once with one key are one event', async () => {
  expect(await missed((report) => proveOneEvent(system, 40, report))).toEqual([]);
});

/** Runs a compiled program against the system. */
function run(program: string, ...args: string[]): Promise<{ failed: boolean; output: string }> {
  const env = { ...process.env, TURNSTREAM_URL: system.apis[0] };
  return new Promise((resolve) => {
    execFile(process.execPath, ['tools/program.mjs', program, ...args], { env }, (error, out, err) =>
      resolve({ failed: error !== null, output: out + err }),
    );
  });
}

test(
  'npm run demo shows a conversation as events, context and rows',
  async () => {
    const { failed, output } = await run('tools/demo');
    expect(output).toContain('30 SessionEnded');
    expect(output).toMatch(/is_repeat_query/);
    expect(output).toMatch(/conversation_session \| ivr \| ended \| send_bank_letter \| hi/);
    expect(output).toMatch(/language hi · goal –\s+waiting send_bank_letter/);
    expect(failed).toBe(false);
  },
  limitMs,
);

test(
  'npm run import plays a file, and again it adds nothing; a malformed one fails',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'turnstream-import-'));
    const [file, broken] = [join(folder, 'four.json'), join(folder, 'broken.json')];
    writeFileSync(file, JSON.stringify(sampleDialogues(4)));
    writeFileSync(broken, '[{}]');
    const first = await run('tools/import', file);
    expect(first).toMatchObject({
      failed: false,
      output: expect.stringContaining('16 turns in the files, 16 rows'),
    });
    const again = await run('tools/import', file);
    expect(again).toMatchObject({ failed: false, output: expect.stringContaining('added 0 events') });
    expect(await run('tools/import', broken)).toMatchObject({
      failed: true,
      output: expect.stringContaining('broken.json: dialogue 1: dialogue_id should be a text.'),
    });
    rmSync(folder, { recursive: true });
  },
  limitMs,
);

test('a partner’s active session is found and continued on another channel', async () => {
  const turnstream = new Turnstream({ url: system.apis[0] ?? '', agentId: 'spec' });
  const started = await turnstream.startSession({ partner_id: 'P-found', channel: 'whatsapp' });
  let found = await turnstream.findActive('P-found');
  while (found === undefined) found = await turnstream.findActive('P-found');
  expect(found.id).toBe(started.id);
  await found.switchChannel('mobile_app');
  expect(await found.context()).toMatchObject({ session: { channel: 'mobile_app', status: 'active' } });
  expect(await turnstream.findActive('P-nobody')).toBeUndefined();
  await turnstream.close();
});
