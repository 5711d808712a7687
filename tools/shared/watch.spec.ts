import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { sleep } from '../../libs/platform/src/async/sleep.ts';
import { silenceLimit, watch } from './watch.ts';

const SILENCE_MS = 30_000;

let stopping: AbortController;
let lines: string[];

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  stopping = new AbortController();
});
afterEach(() => {
  stopping.abort();
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** A port that nobody listens on refuses at once. */
const refuses = () => Promise.resolve(false);
/** A hung process sends nothing. */
const isStuck = (timeoutMs: number) => sleep(timeoutMs).then(() => false);

/** A program whose process behaves as `child.answers` says. */
class Child {
  process?: { kill(): boolean };

  constructor(public answers: (timeoutMs: number) => Promise<boolean>) {
    this.restart();
    void watch(this, SILENCE_MS, stopping.signal);
  }

  readonly program = { name: 'kafka', answers: (timeoutMs: number) => this.answers(timeoutMs) };

  restart(): void {
    this.process = { kill: () => delete this.process };
  }
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

const SILENT = [
  ['whose port is closed', refuses],
  ['that is stuck', isStuck],
] as const;

test.each(SILENT)('a process %s is killed after the whole time, not before', async (_, answers) => {
  const child = new Child(answers);
  await pass(SILENCE_MS - 1);
  expect(child.process).toBeDefined();
  await pass(SILENCE_MS / 3);
  expect(child.process).toBeUndefined();
  expect(lines.join()).toContain('is running, but has not answered for 30 s: killing it');
});

test.each(SILENT)('a process %s has ten times as long after its restart', async (_, answers) => {
  const child = new Child(answers);
  child.restart();
  await pass(10 * SILENCE_MS);
  expect(child.process).toBeDefined();
  await pass(SILENCE_MS / 2);
  expect(child.process).toBeUndefined();
});

test('a process that has answered after its restart has the usual time again', async () => {
  const child = new Child(refuses);
  child.restart();
  await pass(5 * SILENCE_MS);
  child.answers = () => Promise.resolve(true);
  await pass(SILENCE_MS);
  expect(child.process).toBeDefined();
  child.answers = isStuck;
  await pass(1.5 * SILENCE_MS);
  expect(child.process).toBeUndefined();
});

test('time in which the supervisor itself stood still does not count', async () => {
  let stoodStillMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => Date.now() + stoodStillMs);
  const child = new Child(refuses);
  stoodStillMs = 10 * SILENCE_MS;
  await pass(SILENCE_MS / 2);
  expect(child.process).toBeDefined();
});

test.each([
  ['', 30_000],
  ['0', 0],
  ['45', 45_000],
])('TURNSTREAM_SILENCE_S=%s is a limit of %i ms', (seconds, ms) => {
  expect(silenceLimit(seconds)).toBe(ms);
});

test.each(['-1', '1.5', '30s', '100000'])('TURNSTREAM_SILENCE_S=%s is refused', (seconds) => {
  expect(() => silenceLimit(seconds)).toThrow(`TURNSTREAM_SILENCE_S is '${seconds}'`);
});
