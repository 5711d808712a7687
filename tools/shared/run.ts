import { join } from 'node:path';
import type { Options } from 'execa';
import { execa, execaSync } from 'execa';
import { lock } from 'proper-lockfile';
import { retry } from '../../libs/platform/src/async/retry.ts';
import { cacheDir, folder } from './paths.ts';

/** Linux can signal a child when its parent dies for any reason. */
const canDieWithParent =
  process.platform === 'linux' &&
  /pdeathsig/.test(execaSync('setpriv', ['--help'], { reject: false }).stdout ?? '');

/** The prefix that makes a command receive `signal` when its parent dies, where that is possible. */
export function dyingWithParent(signal: NodeJS.Signals): string[] {
  return canDieWithParent ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), '--'] : [];
}

/** Runs a program to its end and collects its output; never rejects. */
export async function run([file = '', ...args]: readonly string[], options: Options = {}) {
  const result = await execa(file, args, { stdin: 'ignore', ...options, all: true, reject: false });
  return { code: result.exitCode ?? 1, output: String(result.all || result.shortMessage) };
}

/** The last meaningful lines of a program's output (no stack traces), in one line. */
export function lastLines(output: string, count = 2): string {
  const lines = output.slice(-8_000).split('\n');
  const noise = /^\s*($|at |\.\.\. \d+ more|Node\.js v|[{}]$)/;
  const telling = lines.filter((line) => !noise.test(line)).map((line) => line.trim());
  return telling
    .slice(-count)
    .join(' | ')
    .slice(0, 200 * count);
}

/** The last error while `waitUntil` polled. */
export function lastError({ message, cause }: Error): string {
  const { message: last = message, code = '' } = (cause ?? {}) as { message?: string; code?: string };
  return last || code;
}

/**
 * Runs `work` while no other process holds the lock of a path; the folder of the path exists.
 * @throws the error of a folder that cannot be written
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = await retry(() => lock(path, { realpath: false }), { maxMs: 200, isRetryable: isLocked });
  try {
    return await work();
  } finally {
    await release?.();
  }
}

function isLocked(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ELOCKED';
}

/** As `withLock`, with a lock of this name for all projects that share the downloads. */
export const withSharedLock = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  withLock(join(folder(cacheDir), name), work);

const begun = Number(process.env['TURNSTREAM_BEGUN'] ?? Date.now());

/** Seconds since the command started. */
export const elapsed = (since = begun): string => ((Date.now() - since) / 1000).toFixed(1);

/** One progress line: time, subject, text. */
export function say(what: string, text: string): void {
  console.log(`${elapsed().padStart(6)} s  ${what.padEnd(14)} ${text}`);
}

/** Reports the start of a step, every 5 s while it runs, and its end; returns the step's result. */
export async function step<T>(
  what: string,
  doing: string,
  work: () => Promise<T>,
  done = 'ready',
): Promise<T> {
  const start = Date.now();
  say(what, doing);
  const timer = setInterval(() => say(what, `still ${doing} (${elapsed(start)} s)`), 5_000);
  const result = await work().finally(() => clearInterval(timer));
  say(what, `${done} (${elapsed(start)} s)`);
  return result;
}
