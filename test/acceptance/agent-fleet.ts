import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Said } from './agent-process.ts';

type Handled = Extract<Said, { say: 'handled' }>;

const program = join(import.meta.dirname, 'agent-process.ts');

/** One agent instance, and what its handler got. */
export class Instance {
  readonly name: string;
  readonly handled: Handled[] = [];
  readonly process: ChildProcess;
  private readonly attached = new Set<string>();
  private known = false;

  constructor(urls: readonly string[], pool: string) {
    this.name = `${pool}-${randomUUID().slice(0, 8)}`;
    const env = { AGENT_URLS: urls.join(','), AGENT_POOL: pool, AGENT_INSTANCE: this.name };
    this.process = fork(program, [], { execArgv: compiling, env: { ...process.env, ...env } });
    this.process.on('message', (said: Said) => {
      if (said.say === 'ready') this.known = true;
      else if (said.say === 'attached') this.attached.add(said.session_id);
      else this.handled.push(said);
    });
  }

  async ready(): Promise<this> {
    await until(() => this.known, `${this.name} connects`);
    return this;
  }

  async attach(sessionId: string): Promise<void> {
    this.process.send({ attach: sessionId });
    await until(() => this.attached.has(sessionId), `${this.name} attaches ${sessionId}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** The arguments of Node with which a process runs TypeScript. */
export const compiling = ['--no-warnings', '--import', join(import.meta.dirname, '../../tools/register.mjs')];

/** Waits until something has come to pass. */
export async function until(
  done: () => boolean | Promise<boolean>,
  what: string,
  forMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + forMs;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`It did not come to pass that ${what}.`);
    await sleep(20);
  }
}
