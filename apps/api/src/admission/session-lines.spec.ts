import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Entry } from './session-lines.ts';
import { SessionLines } from './session-lines.ts';

let lines: SessionLines;
beforeEach(() => {
  jest.useFakeTimers();
  lines = new SessionLines();
});
afterEach(() => void jest.useRealTimers());

/** Executes one command after the other, each in so many milliseconds. */
class Serial {
  private last = Promise.resolve();

  private served = 0;

  constructor(private readonly tookMs: (served: number) => number) {}

  execute(entry: Entry): Promise<void> {
    const begunAt = performance.now();
    const done = this.serve(this.last, entry, begunAt);
    this.last = done;
    return done;
  }

  private async serve(before: Promise<void>, entry: Entry, begunAt: number): Promise<void> {
    await before;
    await new Promise((resolve) => void setTimeout(resolve, this.tookMs(this.served)));
    this.served += 1;
    lines.leave(entry, begunAt);
  }
}

/** @returns undefined when it was executed, else after how many milliseconds to come back */
function send(session: Serial, identity: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    lines.arrive({
      sessionId: 's',
      identity,
      start: (entry) => void session.execute(entry).then(() => resolve(undefined)),
      wait: () => undefined,
      refuse: resolve,
    });
  });
}

/** How a caller takes what it is told. */
type Obey = (retryAfterMs: number) => number;
const exactly: Obey = (ms) => ms;
const wholeSeconds: Obey = (ms) => Math.ceil(ms / 1_000) * 1_000;

interface Written {
  /** Attempts of each command. */
  readonly attempts: number[];
  /** Commands of the slowest writer when the first one has done all. */
  readonly fewest: number;
  readonly tookMs: number;
}

/** So many writers write one command after the other. */
async function write(
  session: Serial,
  { writers, commands, obey }: { writers: number; commands: number; obey: Obey },
): Promise<Written> {
  const attempts: number[] = [];
  const done = Array.from({ length: writers }, () => 0);
  let fewest: number | undefined;
  const begun = performance.now();
  const writing = done.map(async (_, writer) => {
    for (let command = 0; command < commands; command += 1) {
      let count = 0;
      for (let ms: number | undefined = 0; ms !== undefined; count += 1) {
        if (ms > 0) await new Promise((resolve) => void setTimeout(resolve, obey(ms ?? 0)));
        ms = await send(session, `${writer}/${command}`);
      }
      attempts.push(count);
      done[writer] = command + 1;
    }
    fewest ??= Math.min(...done);
  });
  while (attempts.length < writers * commands) await jest.advanceTimersByTimeAsync(50);
  await Promise.all(writing);
  return { attempts, fewest: fewest ?? 0, tookMs: performance.now() - begun };
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

describe.each([
  ['as exactly as they are told', exactly],
  ['in whole seconds', wholeSeconds],
])('200 writers on one session that come back %s', (_, obey) => {
  test.each([12, 50, 400])(
    'need few attempts, and none is left behind: a command takes %d ms',
    async (ms) => {
      const commands = 4;
      const { attempts, fewest, tookMs } = await write(new Serial(() => ms), {
        writers: 200,
        commands,
        obey,
      });
      expect(mean(attempts)).toBeLessThanOrEqual(3);
      expect(Math.max(...attempts)).toBeLessThanOrEqual(10);
      expect(fewest).toBeGreaterThanOrEqual(commands - 2);
      // The session is hardly ever idle.
      expect(tookMs).toBeLessThan(1.15 * 200 * commands * ms);
      await jest.advanceTimersByTimeAsync(70_000);
      expect(lines.counts).toEqual({ sessions: 0, waiting: 0, sentAway: 0 });
    },
  );
});

const slowAtFirst = (served: number): number => (served < 20 ? 500 : 40);

test('writers of a session that is slow at first are not kept away when it is fast', async () => {
  const commands = 5;
  const {
    attempts,
    fewest,
    tookMs: all,
  } = await write(new Serial(slowAtFirst), {
    writers: 100,
    commands,
    obey: wholeSeconds,
  });
  expect(mean(attempts)).toBeLessThanOrEqual(3);
  expect(fewest).toBeGreaterThanOrEqual(1);
  expect(all).toBeLessThan(1.1 * (20 * 500 + 480 * 40));
});

/** A session whose commands take a second each, with as many in progress as it has room for. */
async function busy(): Promise<Serial> {
  const session = new Serial(() => 1_000);
  for (let count = 0; count < 40; count += 1) void send(session, `first ${count}`);
  await jest.advanceTimersByTimeAsync(10_000);
  for (let count = 0; count < 40; count += 1) void send(session, `next ${count}`);
  return session;
}

test('a burst of 200 commands waits, however long one took before', async () => {
  const slow = new Serial(() => 500);
  for (let n = 0; n < 8; n += 1) void send(slow, `slow ${n}`);
  await jest.advanceTimersByTimeAsync(5_000);
  const fast = new Serial(() => 5);
  const answers = Promise.all(Array.from({ length: 200 }, (_, n) => send(fast, `burst ${n}`)));
  await jest.advanceTimersByTimeAsync(2_000);
  expect((await answers).every((retryAfterMs) => retryAfterMs === undefined)).toBe(true);
});

describe('a command that was sent away', () => {
  test('comes no sooner by coming again at once', async () => {
    const session = await busy();
    const patient = Number(await send(session, 'patient'));
    const hasty = [await send(session, 'hasty'), await send(session, 'hasty'), await send(session, 'hasty')];
    expect(new Set(hasty).size).toBe(1);
    expect(hasty[0]).toBeGreaterThanOrEqual(patient);
  });

  test('by the node keeps the place that it had, also when its session has nothing else in progress', () => {
    let entry: Entry | undefined;
    const start = (started: Entry): void => void (entry = started);
    lines.arrive({ sessionId: 's', identity: 'k', start, wait: () => undefined, refuse: () => undefined });
    const turnMs = entry === undefined ? 0 : lines.turnAway(entry);
    expect(turnMs).toBeGreaterThan(0);
    expect(lines.counts).toEqual({ sessions: 1, waiting: 0, sentAway: 1 });
    lines.arrive({ sessionId: 's', identity: 'k', start, wait: () => undefined, refuse: () => undefined });
    expect(lines.counts).toEqual({ sessions: 1, waiting: 0, sentAway: 0 });
  });

  test('that does not come back gives its place up', async () => {
    const session = await busy();
    const { sentAway } = lines.counts;
    expect(sentAway).toBeGreaterThan(0);
    await jest.advanceTimersByTimeAsync(120_000);
    const later = send(session, 'later');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await later).toBeUndefined();
    expect(lines.counts).toEqual({ sessions: 0, waiting: 0, sentAway: 0 });
  });
});
