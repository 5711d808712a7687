import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { sleep } from '../../../libs/platform/src/async/sleep.ts';
import { waitUntil } from '../../../libs/platform/src/async/wait-until.ts';
import { Failure } from '../../shared/failure.ts';
import { dyingWithParent, lastError, lastLines, say } from './run.ts';

/** A program that the supervisor keeps running. */
export interface Program {
  readonly name: string;
  /** The command and its arguments. */
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The file of its output, truncated by each start of the launcher; without one it goes to the terminal. */
  readonly log?: string;
  /** What ends it (SIGTERM), and after how long it is killed. */
  readonly signal?: NodeJS.Signals;
  readonly graceMs?: number;
  /** Apps are stopped before the backing services. */
  readonly isApp?: boolean;
  readonly afterStop?: () => Promise<unknown>;
}

interface Child {
  readonly program: Program;
  process?: ChildProcess;
  isReady: boolean;
  ended: Promise<void>;
}

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
    await waitUntil(() => ready().then(() => true), { timeoutMs, everyMs: 200, signal }).catch(
      (error: Error) => {
        signal.throwIfAborted();
        const why = `${program.name} is not ready after ${timeoutMs / 1000} s (${lastError(error)})`;
        throw new Failure(`${why}: see ${program.log ?? 'its output'}.`);
      },
    );
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
      await Promise.all(some.map((child) => this.stopOne(child)));
      await Promise.all(some.map(async ({ program }) => program.afterStop?.()));
    }
  }

  /** Runs the program; once it has been ready, again and again with a growing pause. */
  private async run(child: Child, failed: (failure: Failure) => void): Promise<void> {
    const { name, log } = child.program;
    for (let pauseMs = BACK_OFF_MS.first; ; pauseMs = Math.min(pauseMs * 2, BACK_OFF_MS.longest)) {
      const begun = Date.now();
      const { how, tail } = await this.runOnce(child);
      if (this.stopping.signal.aborted) return;
      const why = /No space left|ENOSPC/.test(tail) ? 'the disk is full: free some space' : how;
      if (!child.isReady)
        return failed(new Failure(`${name} does not start (${why}): ${tail || 'no output'}. Log: ${log}`));
      if (Date.now() - begun > BACK_OFF_MS.forgottenAfter) pauseMs = BACK_OFF_MS.first;
      say(name, `ended (${why}); starting it again in ${pauseMs / 1000} s. Log: ${log}`);
      await sleep(pauseMs, this.stopping.signal);
      if (this.stopping.signal.aborted) return;
    }
  }

  private async runOnce(child: Child): Promise<{ how: string; tail: string }> {
    const { name, command, env, user = {}, log, signal = 'SIGTERM' } = child.program;
    // A file of its own: through a pipe of this process it could not write when this process is killed.
    const output = log ? openSync(log, child.isReady ? 'a' : 'w') : 'inherit';
    const [program = '', ...args] = [...dyingWithParent(signal), ...command];
    const options = { env: { ...process.env, ...env }, ...user };
    child.process = spawn(program, args, { ...options, stdio: ['ignore', output, output] });
    if (typeof output === 'number') closeSync(output);
    const { pid } = child.process;
    if (pid !== undefined) this.pids.set(name, pid);
    if (child.isReady) say(name, `started again (process ${pid})`);
    const how = await once(child.process, 'exit').then(
      ([code, killed]) => (killed ? `killed by ${killed}` : `exit code ${code}`),
      (error: Error) => error.message,
    );
    this.pids.delete(name);
    delete child.process;
    return { how, tail: log ? lastLines(readFileSync(log, 'utf8')) : '' };
  }

  private async stopOne({ program: { signal, graceMs = 15_000 }, process, ended }: Child): Promise<void> {
    process?.kill(signal);
    const timer = setTimeout(() => process?.kill('SIGKILL'), graceMs);
    await ended.finally(() => clearTimeout(timer));
  }
}

/** npm may pass on the first Ctrl-C a second time. */
const SECOND_SIGNAL_MS = 1_000;

/** Ctrl-C, a signal, or the end of the process that started this one. */
export class Interrupted extends Failure {}

/**
 * Runs `work` with a supervisor, and stops what it started when `work` is done or the command is interrupted (it then
 * rejects with Interrupted). A second Ctrl-C kills.
 */
export async function supervise<T>(work: (supervisor: Supervisor) => Promise<T>): Promise<T> {
  const supervisor = new Supervisor();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  let asked: number | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    if (asked !== undefined && signal === 'SIGINT' && Date.now() - asked > SECOND_SIGNAL_MS)
      supervisor.kill();
    if (asked !== undefined) return;
    asked = Date.now();
    console.log(`\nStopped by ${signal}: stopping what was started (Ctrl-C again kills it).`);
    reject(new Interrupted(`Stopped by ${signal}.`));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await Promise.race([interrupted, work(supervisor)]);
  } finally {
    await supervisor.stop();
    for (const signal of signals) process.off(signal, interrupt);
  }
}
