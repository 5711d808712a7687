import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { System } from '#launcher';
import { proveOneEvent, proveOneWinner } from '../tools/prove/conflicts.ts';
import { proveCrashes, proveImport } from '../tools/prove/conversations.ts';
import { smallData } from '../tools/prove/data.ts';
import { Report } from '../tools/prove/report.ts';
import { withOwnSystem } from '../tools/prove/system.ts';

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
