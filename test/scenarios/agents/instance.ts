import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { waitUntil } from '#platform';
import { forkProgram, killChild } from '../../../tools/shared/fork.ts';
import type { Message } from './instance-process.ts';

type Handled = Extract<Message, { kind: 'handled' }>;

/** An agent instance in a separate process, and the updates of its handler. */
export class Instance {
  readonly name: string;
  readonly handled: Handled[] = [];
  readonly process: ChildProcess;
  private readonly attached = new Set<string>();
  private isReady = false;

  private constructor(urls: readonly string[], pool: string) {
    this.name = `${pool}-${randomUUID().slice(0, 8)}`;
    const env = { AGENT_URLS: urls.join(','), AGENT_POOL: pool, AGENT_INSTANCE: this.name };
    this.process = forkProgram(join(import.meta.dirname, 'instance-process.ts'), env);
    this.process.on('message', (message: Message) => {
      if (message.kind === 'ready') this.isReady = true;
      else if (message.kind === 'attached') this.attached.add(message.session_id);
      else this.handled.push(message);
    });
  }

  /** Starts an instance and waits until it is connected. */
  static async start(urls: readonly string[], pool: string): Promise<Instance> {
    const instance = new Instance(urls, pool);
    try {
      await waitUntil(() => instance.isReady, { what: `${instance.name} to connect` });
    } catch (error) {
      await instance.kill();
      throw error;
    }
    return instance;
  }

  async attach(sessionId: string): Promise<void> {
    this.process.send({ attach: sessionId });
    const what = `${this.name} to attach ${sessionId}`;
    await waitUntil(() => this.attached.has(sessionId), { what });
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Kills it with -9, unless it has ended, and waits for its end. */
  async kill(): Promise<void> {
    await killChild(this.process);
  }
}
