import { sleep } from '#platform';
import type { Recorder } from '../common/recorder.ts';
import { now } from '../common/now.ts';
import type { App } from '../system/apps.ts';
import type { Cluster } from '../system/cluster.ts';
import type { ManagedProcess } from '../system/managed-process.ts';
import type { Fault, FaultKind } from './plan.ts';

/** The agent instances, as seen by faults. */
interface Agents {
  /** An instance dies (SIGKILL), is suspended (SIGSTOP) or hands over (SIGTERM); another one replaces it. */
  fail(victim: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM', forMs: number): Promise<void>;
}

type Inject = (fault: Fault) => Promise<string>;

/** Carries out faults. Each is undone after its time. */
export class Injector {
  private readonly injections: Readonly<Record<FaultKind, Inject>> = {
    kill: (fault) => this.kill(fault),
    pause: (fault) => this.pause(fault),
    cut: (fault) => this.disturb(fault, 'cut', (name) => this.cluster.connections.cut(name)),
    delay: (fault) => this.delay(fault, 5 + Math.round(fault.way * 300)),
    hang: (fault) => this.delay(fault, Infinity),
    flush: () => this.cluster.flushRedis().then(() => 'Redis flushed'),
    disk_full: (fault) => this.fillDisk(fault),
    clock: (fault) => this.stepClock(fault),
    rolling_restart: () => this.restart(this.cluster.apps, 'rolling restart'),
    partitions: (fault) => this.changePartitions(fault),
    nodes: (fault) => this.changeNodes(fault),
    agent: (fault) => this.failAgent(fault),
  };

  constructor(
    private readonly cluster: Cluster,
    private readonly agents: Agents,
    private readonly recorder: Recorder,
    /** Only processes and connections with this name prefix are disturbed. */
    private readonly target: string,
  ) {}

  /** Runs a plan to its end. */
  async run(plan: readonly Fault[], signal: AbortSignal): Promise<void> {
    const begun = now();
    await Promise.all(
      plan.map(async (fault) => {
        await sleep(Math.max(0, fault.at - (now() - begun)), signal);
        if (signal.aborted) return;
        const start = now();
        const what = await this.injections[fault.kind](fault);
        this.recorder.record({ kind: 'fault', what, start, end: now() });
      }),
    );
  }

  private async kill({ victim }: Fault): Promise<string> {
    const { signalService } = this.cluster;
    const target = choose(this.victims(['valkey', 'postgres']), victim);
    if (typeof target === 'string') signalService?.(target, 'SIGKILL');
    else target.signal('SIGKILL');
    return `${typeof target === 'string' ? target : target.name} killed`;
  }

  private async pause({ victim, forMs }: Fault): Promise<string> {
    const { signalService } = this.cluster;
    const target = choose(this.victims(['valkey', 'postgres', 'kafka']), victim);
    const send = (signal: NodeJS.Signals): void =>
      typeof target === 'string' ? signalService?.(target, signal) : target.signal(signal);
    send('SIGSTOP');
    await sleep(forMs);
    send('SIGCONT');
    return `${typeof target === 'string' ? target : target.name} stopped for ${forMs} ms`;
  }

  private victims(services: readonly string[]): (ManagedProcess | string)[] {
    const { processes, signalService } = this.cluster;
    const own = processes.filter(({ name }) => name.startsWith(this.target));
    return [...own, ...(signalService && this.target === '' ? services : [])];
  }

  private async disturb(
    { victim, forMs }: Fault,
    what: string,
    begin: (name: string) => Promise<void> | void,
  ): Promise<string> {
    const { connections } = this.cluster;
    const name = choose(
      connections.names.filter((one) => one.startsWith(this.target)),
      victim,
    );
    await begin(name);
    await sleep(forMs);
    await connections.restore(name);
    return `${name} ${what} for ${forMs} ms`;
  }

  private delay(fault: Fault, ms: number): Promise<string> {
    const what = ms === Infinity ? 'held back' : `delayed by ${ms} ms`;
    return this.disturb(fault, what, (name) => this.cluster.connections.delay(name, ms));
  }

  private async fillDisk({ forMs }: Fault): Promise<string> {
    const { store } = this.cluster;
    if (!store.hasOwnDisk) return 'the disk was not filled: mounting one takes root';
    store.fillDisk();
    await sleep(forMs);
    store.emptyDisk();
    return `disk of the event store full for ${forMs} ms`;
  }

  private async stepClock({ victim, way, forMs }: Fault): Promise<string> {
    const node = choose(this.cluster.running('api'), victim);
    const offsetS = Math.round((way - 0.5) * 120);
    node.setClock(offsetS);
    await sleep(forMs);
    node.setClock(0);
    return `clock of ${node.name} ${offsetS} s off for ${forMs} ms`;
  }

  private async restart(apps: readonly App[], what: string): Promise<string> {
    for (const { process } of apps.filter((app) => app.process.isRunning)) {
      await process.stop();
      await process.start();
    }
    return what;
  }

  private async changePartitions({ way }: Fault): Promise<string> {
    const { cluster } = this;
    cluster.partitions = choose([1, 2, 8, 16], way);
    const { partitions } = cluster;
    return this.restart(
      cluster.apps.filter(({ app }) => app !== 'api'),
      `${partitions} partitions`,
    );
  }

  /** A process leaves, and another one joins. */
  private async changeNodes({ victim, way, forMs }: Fault): Promise<string> {
    const { cluster } = this;
    const app = choose(['projector', 'api', 'bridge'] as const, way);
    const joining = await cluster.create(app);
    // Agents know only the first api nodes, so those stay.
    const leaving = app === 'api' ? joining : choose(cluster.running(app), victim);
    await joining.process.start();
    await sleep(forMs);
    await leaving.process.stop();
    return `${joining.name} joined, ${leaving.name} left`;
  }

  private async failAgent({ victim, way, forMs }: Fault): Promise<string> {
    const signal = choose(['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const, way);
    await this.agents.fail(victim, signal, forMs);
    return `an agent instance got ${signal}`;
  }
}

function choose<T>(list: readonly T[], number: number): T {
  const item = list[Math.floor(number * list.length)];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
}
