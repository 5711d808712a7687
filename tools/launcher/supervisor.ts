import { readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultPromise } from 'execa';
import { execa } from 'execa';
import pRetry from 'p-retry';
import { Failure } from '../shared/failure.ts';
import { dyingWithParent, lastLines, say } from './run.ts';

/** A program that the supervisor keeps running. */
export interface Program {
  readonly name: string;
  readonly title: string;
  /** The words of its command. */
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly log: string;
  /** What ends it (SIGTERM), and after how long it is killed. */
  readonly signal?: NodeJS.Signals;
  readonly graceMs?: number;
  /** Apps are stopped before the backing services. */
  readonly isApp?: boolean;
  readonly afterStop?: () => Promise<unknown>;
}

interface Child {
  readonly program: Program;
  process?: ResultPromise;
  isReady: boolean;
  ended: Promise<void>;
}

const BIG_LOG = 20 * 1024 * 1024;
const BACK_OFF_MS = { first: 1_000, longest: 30_000, forgottenAfter: 60_000 };

/** Starts programs, starts them again when they end, and stops them all. They die with this process. */
export class Supervisor {
  /** Process ids by name, of what runs now. */
  readonly pids = new Map<string, number>();
  private readonly children: Child[] = [];
  private readonly stopping = new AbortController();

  /** Starts a program and waits until `ready` no longer throws. Fails when it ends first or takes too long. */
  async start(program: Program, ready: () => Promise<unknown>, timeoutMs = 60_000): Promise<void> {
    this.stopping.signal.throwIfAborted();
    const failed = new AbortController();
    const child: Child = { program, isReady: false, ended: Promise.resolve() };
    child.ended = this.run(child, (failure) => failed.abort(failure));
    this.children.push(child);
    const signal = AbortSignal.any([failed.signal, this.stopping.signal]);
    const patience = { retries: Infinity, factor: 1, minTimeout: 200, maxRetryTime: timeoutMs, signal };
    await pRetry(ready, patience).catch((error: unknown) => {
      signal.throwIfAborted();
      const why = `${program.title} is not ready after ${timeoutMs / 1000} s`;
      throw new Failure(`${why} (${(error as Error).message}): see ${program.log}.`);
    });
    child.isReady = true;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.children.find(({ program }) => program.name === name)?.process?.kill(signal);
  }

  /** Kills what still runs. */
  kill(): void {
    for (const { process } of this.children) process?.kill('SIGKILL');
  }

  /** Stops the apps, then the backing services, and waits for the last of them. */
  async stop(): Promise<void> {
    this.stopping.abort(new Failure('Stopped.'));
    for (const apps of [true, false]) {
      const some = this.children.filter(({ program: { isApp = false } }) => isApp === apps);
      for (const { process } of some) process?.kill();
      await Promise.all(some.map(({ ended }) => ended));
      await Promise.all(some.map(({ program }) => program.afterStop?.()));
    }
  }

  /** Runs the program; once it has been ready, again and again with a growing pause. */
  private async run(child: Child, failed: (failure: Failure) => void): Promise<void> {
    const { name, title, log } = child.program;
    for (let pauseMs = BACK_OFF_MS.first; ; pauseMs = Math.min(pauseMs * 2, BACK_OFF_MS.longest)) {
      const begun = Date.now();
      const { how, tail } = await this.runOnce(child);
      if (this.stopping.signal.aborted) return;
      const why = /No space left|ENOSPC/.test(tail) ? 'the disk is full: free some space' : how;
      if (!child.isReady)
        return failed(new Failure(`${title} does not start (${why}): ${tail || 'no output'}. Log: ${log}`));
      if (Date.now() - begun > BACK_OFF_MS.forgottenAfter) pauseMs = BACK_OFF_MS.first;
      say(name, `ended (${why}); starting it again in ${pauseMs / 1000} s. Log: ${log}`);
      await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => {});
      if (this.stopping.signal.aborted) return;
    }
  }

  private async runOnce(child: Child): Promise<{ how: string; tail: string }> {
    const { name, command, env = {}, user = {}, log, signal = 'SIGTERM', graceMs = 15_000 } = child.program;
    if (sizeOf(log) > BIG_LOG) renameSync(log, `${log}.1`);
    const from = sizeOf(log);
    const [file = '', ...args] = [...dyingWithParent(signal), ...command];
    const output = { file: log, append: true };
    const ending = { reject: false, buffer: false, killSignal: signal, forceKillAfterDelay: graceMs };
    child.process = execa(file, args, { env, ...user, stdio: ['ignore', output, output], ...ending });
    const { pid = 0 } = child.process;
    this.pids.set(name, pid);
    if (child.isReady) say(name, `started again (process ${pid})`);
    const { exitCode, signal: killed, originalMessage } = await child.process;
    this.pids.delete(name);
    const how = killed
      ? `killed by ${killed}`
      : exitCode === undefined
        ? originalMessage
        : `exit code ${exitCode}`;
    return { how: how ?? '', tail: lastLines(readFileSync(log).subarray(from).toString()) };
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
