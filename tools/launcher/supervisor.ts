import { closeSync, openSync, readFileSync } from 'node:fs';
import type { ResultPromise } from 'execa';
import { execa } from 'execa';
import { sleep } from '../../libs/platform/src/async/sleep.ts';
import { waitUntil } from '../../libs/platform/src/async/wait-until.ts';
import { configExitCode } from '../../libs/platform/src/config/errors.ts';
import type { Program } from '../backing-services/service.ts';
import { Failure } from '../shared/failure.ts';
import { dyingWithParent, lastError, lastLines, say } from '../shared/run.ts';
import { watch } from '../shared/watch.ts';

/** A program that the supervisor keeps running, and its log file; without one the output goes to the terminal. */
interface Supervised extends Program {
  readonly name: string;
  readonly log?: string;
  /** Apps are stopped before the backing services. */
  readonly isApp?: boolean;
}

interface Child {
  readonly program: Supervised;
  process?: ResultPromise;
  isReady: boolean;
  ended: Promise<void>;
}

/** Long enough for a busy machine. */
const READY_MS = 180_000;
const BACK_OFF_MS = { first: 1_000, longest: 30_000, forgottenAfter: 60_000 };

/** Starts programs, restarts them when they end, and stops them all. They die with this process. */
export class Supervisor {
  /** Ids of the running processes, by name. */
  readonly pids = new Map<string, number>();
  private readonly children: Child[] = [];
  private readonly stopping = new AbortController();

  /** @param silenceMs how long a program may live without an answer before it is killed; 0: no limit */
  constructor(private readonly silenceMs = 0) {}

  /** Starts a program and waits until `ready` no longer throws. Fails when it ends first or takes too long. */
  async start(program: Supervised, ready: () => Promise<unknown>, timeoutMs = READY_MS): Promise<void> {
    this.stopping.signal.throwIfAborted();
    const failed = new AbortController();
    const child: Child = { program, isReady: false, ended: Promise.resolve() };
    child.ended = this.run(child, (failure) => failed.abort(failure));
    this.children.push(child);
    const signal = AbortSignal.any([failed.signal, this.stopping.signal]);
    const isReady = () => ready().then(() => true);
    await waitUntil(isReady, { timeoutMs, everyMs: 200, signal }).catch((error: Error) => {
      signal.throwIfAborted();
      const why = `${program.name} is not ready after ${timeoutMs / 1000} s (${lastError(error)})`;
      throw new Failure(`${why}: see ${program.log ?? 'its output'}.`);
    });
    child.isReady = true;
    void watch(child, this.silenceMs, this.stopping.signal);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.children.find(({ program }) => program.name === name)?.process?.kill(signal);
  }

  /** Kills the remaining processes. */
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
      await Promise.all(some.map(async ({ program }) => program.afterStop?.()));
    }
  }

  /** Runs the program; once it has been ready, restarts it with growing pauses. */
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
      say(name, `ended (${why}); restarting in ${pauseMs / 1000} s. Log: ${log}`);
      await sleep(pauseMs, this.stopping.signal);
      if (this.stopping.signal.aborted) return;
    }
  }

  private async runOnce(child: Child): Promise<{ how: string; tail: string }> {
    const { name, command, env = {}, user = {}, folder, log } = child.program;
    const { signal = 'SIGTERM', graceMs = 15_000 } = child.program;
    // A separate log file: through a pipe the program could not write after this process is killed. The types of
    // execa know descriptors up to 9 only.
    const output = (log ? openSync(log, child.isReady ? 'a' : 'w') : 'inherit') as 9 | 'inherit';
    const more = folder ? [openSync(folder, 'r') as 9] : [];
    const [file = '', ...args] = [...dyingWithParent(signal), ...command];
    const stops = { killSignal: signal, forceKillAfterDelay: graceMs, reject: false } as const;
    child.process = execa(file, args, { env, ...user, ...stops, stdio: ['ignore', output, output, ...more] });
    for (const descriptor of [output, ...more]) if (descriptor !== 'inherit') closeSync(descriptor);
    const { pid } = child.process;
    if (pid !== undefined) this.pids.set(name, pid);
    if (child.isReady) say(name, `started again (process ${pid})`);
    const { exitCode, signal: killed, originalMessage } = await child.process;
    this.pids.delete(name);
    delete child.process;
    const how = killed ? `killed by ${killed}` : (originalMessage ?? `exit code ${exitCode}`);
    const count = exitCode === configExitCode ? 20 : 2;
    return { how, tail: log ? lastLines(readFileSync(log, 'utf8'), count) : '' };
  }
}

/** Ctrl-C, a signal, or the end of the parent process. */
export class Interrupted extends Failure {}

/**
 * Runs `work` with a supervisor, and stops its programs when `work` is done or the command is interrupted (it then
 * rejects with Interrupted). A second Ctrl-C kills them.
 */
export async function supervise<T>(
  work: (supervisor: Supervisor) => Promise<T>,
  silenceMs?: number,
): Promise<T> {
  const supervisor = new Supervisor(silenceMs);
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  let asked = 0;
  const interrupt = (signal: NodeJS.Signals) => {
    // npm may pass on the first Ctrl-C twice.
    if (asked && Date.now() - asked > 1_000) return supervisor.kill();
    if (asked) return;
    asked = Date.now();
    console.log(`\nStopped by ${signal}: stopping all processes (repeat to kill them).`);
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
