import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sleep, waitUntil } from '#platform';
import { forkProgram, killChild } from '../../../tools/shared/fork.ts';
import { now } from '../common/now.ts';
import type { Recorder } from '../common/recorder.ts';
import type { Message } from './agent-process.ts';

interface Instance {
  readonly name: string;
  readonly process: ChildProcess;
}

interface AgentsOptions {
  /** Addresses of the api nodes. */
  readonly urls: () => readonly string[];
  readonly recorder: Recorder;
  readonly onOwner: (session_id: string, instance: string, epoch: number) => void;
}

/** Agent instances of one pool, each a process. An instance that ends is replaced by another. */
export class Agents {
  /** When the last update was handled. */
  handledAt = 0;
  private readonly pool = `pool-${randomUUID().slice(0, 8)}`;
  /** The connected instances, and every process that was started. */
  private readonly instances: Instance[] = [];
  private readonly processes: ChildProcess[] = [];

  constructor(private readonly options: AgentsOptions) {}

  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.startOne()));
  }

  /** Makes one of the instances attach a session. */
  attach(session_id: string, number: number): void {
    const instance = this.instances[Math.floor(number * this.instances.length)];
    // A process that has just been killed may already be gone: that is not a failure.
    if (instance?.process.connected) instance.process.send({ attach: session_id }, () => undefined);
  }

  async fail(victim: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM', forMs: number): Promise<void> {
    const instance = this.instances[Math.floor(victim * this.instances.length)];
    if (instance === undefined) return;
    instance.process.kill(signal);
    await sleep(forMs);
    if (signal === 'SIGSTOP') instance.process.kill('SIGCONT');
    else await this.replace(instance);
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((process) => killChild(process)));
  }

  private async replace(instance: Instance): Promise<void> {
    const index = this.instances.indexOf(instance);
    if (index < 0) return;
    this.instances.splice(index, 1);
    const exited = (): boolean => instance.process.exitCode !== null || instance.process.signalCode !== null;
    await waitUntil(exited, { timeoutMs: 15_000 }).catch(() => killChild(instance.process));
    this.options.recorder.record({ kind: 'agent', instance: instance.name, alive: false, start: now() });
    await this.startOne();
  }

  private async startOne(): Promise<void> {
    const { urls, recorder, onOwner } = this.options;
    const name = `agent-${randomUUID().slice(0, 8)}`;
    const env = { AGENT_URLS: urls().join(','), AGENT_POOL: this.pool, AGENT_INSTANCE: name };
    const process = forkProgram(join(import.meta.dirname, 'agent-process.ts'), env);
    let isReady = false;
    process.on('message', (message: Message) => {
      if (message.kind === 'ready') isReady = true;
      else if (message.kind === 'owns') onOwner(message.session_id, name, message.epoch);
      else {
        recorder.record(message);
        this.handledAt = now();
      }
    });
    recorder.record({ kind: 'agent', instance: name, alive: true, start: now() });
    this.processes.push(process);
    await waitUntil(() => isReady, { what: `${name} to connect`, timeoutMs: 120_000 });
    this.instances.push({ name, process });
  }
}
