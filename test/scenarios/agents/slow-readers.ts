import { randomUUID } from 'node:crypto';
import type { Turnstream } from '@turnstream/sdk';
import { inParallel, sleep, waitUntil } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf } from '../../../tools/shared/statistics.ts';
import { withTurnstream } from '../clients.ts';
import type { System } from '../system.ts';
import { firstTwoApis } from '../system.ts';
import { AgentSockets } from './sockets.ts';
import { recordUpdate } from './updates.ts';

interface Scale {
  readonly sockets: number;
  readonly sessionsPerSocket: number;
  readonly nonReaders: number;
  /** The number of updates whose latency is measured, each time. */
  readonly samples: number;
  /** The system's AGENT_LEASE_MS. */
  readonly leaseMs: number;
}

export interface SlowReaders {
  readonly attached: number;
  readonly secondsToAttach: number;
  /** Bytes by which the node's memory grew while some sockets did not read. */
  readonly growth: number;
  /** From the writer's acknowledgement to the socket, in ms: while all sockets read, and while some do not. */
  readonly latency: { readonly before: Latency; readonly during: Latency };
  readonly cutOff: number;
  /** Readers whose connection is still open at the end. */
  readonly readersConnected: number;
}

/** Updates sent to a non-reader: 80 large ones, in bytes. */
const flood = { updates: 80, size: 3_500 };

/** One api node with many sockets, some of which stop reading while many updates are sent to them. */
export function stopReading(
  system: System,
  scale: Scale,
  onProgress: (text: string) => void = () => undefined,
): Promise<SlowReaders> {
  const [node, other] = firstTwoApis(system);
  const address = `${node.replace('http', 'ws')}/v1/agents`;
  return withTurnstream({ url: other }, async (writer) => {
    const pool = `pool-${randomUUID().slice(0, 8)}`;
    const sockets = new AgentSockets(address, pool, scale.sessionsPerSocket);
    try {
      return await new SlowReadersRun(node, writer, sockets, scale, onProgress).run();
    } finally {
      sockets.close();
    }
  });
}

class SlowReadersRun {
  private readonly sessionIds: string[] = [];

  constructor(
    private readonly node: string,
    private readonly writer: Turnstream,
    private readonly sockets: AgentSockets,
    private readonly scale: Scale,
    private readonly onProgress: (text: string) => void,
  ) {}

  async run(): Promise<SlowReaders> {
    const { nonReaders } = this.scale;
    const cutOffBefore = await this.cutOffTotal();
    this.sockets.keepAlive(this.scale.leaseMs / 3);
    await this.sockets.connect(this.scale.sockets);
    const secondsToAttach = await this.attachAll();
    const before = await this.measureLatency();
    const memoryBefore = await this.memory();
    for (let index = 0; index < nonReaders; index += 1) this.sockets.pause(index);
    const [during] = await Promise.all([this.measureLatency(), this.flood()]);
    const growth = (await this.memory()) - memoryBefore;
    const cutOff = async (): Promise<number> => (await this.cutOffTotal()) - cutOffBefore;
    const areCutOff = async (): Promise<boolean> => (await cutOff()) >= nonReaders;
    await waitUntil(areCutOff, { what: 'the non-readers to be cut off', everyMs: 100 });
    return {
      attached: this.sockets.attached.size,
      secondsToAttach,
      growth,
      latency: { before, during },
      cutOff: await cutOff(),
      readersConnected: this.sockets.openFrom(nonReaders),
    };
  }

  /** Returns the seconds that it took. */
  private async attachAll(): Promise<number> {
    const { sockets, sessionsPerSocket } = this.scale;
    const count = sockets * sessionsPerSocket;
    const start = performance.now();
    const atOnce = Math.min(64, Math.ceil(sockets / 5));
    await inParallel(Array(count).keys(), atOnce, async (n) => {
      const session = await this.writer.startSession({ partner_id: `P${n}`, channel: 'whatsapp' });
      this.sessionIds[n] = session.id;
      this.sockets.send(n % sockets, { type: 'attach', session_id: session.id });
      if (n % 5_000 === 4_999) this.onProgress(`${n + 1} sessions started`);
    });
    const areAttached = (): boolean => this.sockets.attached.size >= count;
    await waitUntil(areAttached, { what: 'every session to be attached', timeoutMs: 600_000 });
    return (performance.now() - start) / 1_000;
  }

  /** Measures the latency of updates for sockets that read. Every update has to arrive. */
  private async measureLatency(): Promise<Latency> {
    const { samples, nonReaders, sockets } = this.scale;
    const arrived = new Map<string, number>();
    this.sockets.onUpdate = ({ session_id, revision, at }) => arrived.set(`${session_id}/${revision}`, at);
    const acknowledged = new Map<string, number>();
    for (let n = 0; n < samples; n += 1) {
      const id = this.sessionIds[nonReaders + Math.floor(Math.random() * (sockets - nonReaders))] ?? '';
      const { revision } = await recordUpdate(this.writer.session(id));
      acknowledged.set(`${id}/${revision}`, performance.timeOrigin + performance.now());
      await sleep(5);
    }
    const keys = [...acknowledged.keys()];
    await waitUntil(() => keys.every((key) => arrived.has(key)), { what: 'every update to arrive' });
    return latencyOf(keys.map((key) => (arrived.get(key) ?? NaN) - (acknowledged.get(key) ?? NaN)));
  }

  private async flood(): Promise<void> {
    const { nonReaders } = this.scale;
    await inParallel(Array(nonReaders * flood.updates).keys(), 4, async (n) => {
      await recordUpdate(this.writer.session(this.sessionIds[n % nonReaders] ?? ''), { size: flood.size });
    });
  }

  private cutOffTotal(): Promise<number> {
    return this.metric('agent_slow_readers_closed_total');
  }

  private memory(): Promise<number> {
    return this.metric('process_resident_memory_bytes');
  }

  private async metric(name: string): Promise<number> {
    const answer = await fetch(`${this.node}/metrics`);
    const line = (await answer.text()).split('\n').find((text) => text.startsWith(name));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
}
