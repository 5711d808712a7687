import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { sleep, waitUntil } from '#platform';
import { lastLines } from '../../../tools/shared/run.ts';

interface Program {
  readonly name: string;
  /** Evaluated before each start. */
  readonly command: () => readonly string[];
  /** Evaluated before each start. */
  readonly env: () => NodeJS.ProcessEnv;
  readonly log: string;
  /** Rejects until the process answers. */
  readonly ready: () => Promise<unknown>;
}

const pauseMs = 300;
const graceMs = 15_000;
/** Long enough for a busy machine. */
const readyMs = 180_000;

/** The running processes; none outlives this process. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that is restarted whenever it ends, until it is stopped. */
export class ManagedProcess {
  /** How often it was started. */
  incarnation = 0;
  /** Its last log lines before it ended. */
  lastWords = '';
  private child: ChildProcess | undefined;
  private isWanted = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly program: Program) {}

  get name(): string {
    return this.program.name;
  }

  get isRunning(): boolean {
    return this.isWanted;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    if (!this.isWanted) {
      this.isWanted = true;
      this.running = this.run();
    }
    await this.ready();
  }

  async ready(): Promise<void> {
    const { name, log, ready } = this.program;
    const answers = (): Promise<boolean> => ready().then(() => true);
    await waitUntil(answers, { what: `${name} to be ready (log: ${log})`, timeoutMs: readyMs, everyMs: 100 });
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it with SIGTERM, or after some time with SIGKILL. */
  async stop(): Promise<void> {
    this.isWanted = false;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.running.finally(() => clearTimeout(timer));
  }

  private async run(): Promise<void> {
    while (this.isWanted) {
      await this.runOnce();
      if (this.isWanted) await sleep(pauseMs);
    }
  }

  private async runOnce(): Promise<void> {
    const { command, env, log } = this.program;
    const [file = '', ...args] = command();
    this.incarnation += 1;
    const output = openSync(log, 'a');
    const child = spawn(file, args, { env: env(), stdio: ['ignore', output, output] });
    closeSync(output);
    this.child = child;
    children.add(child);
    await once(child, 'exit').catch(() => undefined);
    children.delete(child);
    this.child = undefined;
    this.lastWords = lastLines(readFileSync(log, 'utf8'), 1);
  }
}
