import { Cluster, Command } from 'ioredis';
import type { ChainableCommander, ClusterOptions, Redis } from 'ioredis';

type Call = [name: string, ...args: unknown[]];
type Reply = [Error | null, unknown];

/** How often the topology of a cluster that lacks a master is refreshed (ms). */
const askAgainMs = 250;
/** How often the topology is refreshed otherwise. */
const slotsRefreshInterval = 5_000;

/**
 * The client of a cluster. In addition to ioredis, its pipelines may have keys of several slots, it connects to all nodes
 * in advance, and it reports whether it is complete: connected to the master of every slot.
 * Emits `complete` and `incomplete`.
 */
export class ClusterClient extends Cluster {
  private wasComplete = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    nodes: readonly { host: string; port: number }[],
    redisOptions: NonNullable<ClusterOptions['redisOptions']>,
  ) {
    super([...nodes], {
      redisOptions: { ...redisOptions, replyMapping: 'legacy' },
      enableOfflineQueue: false,
      // Nodes are used before all of them answer: code that needs them all waits for `complete`.
      enableReadyCheck: false,
      // Certificates are issued for host names.
      dnsLookup: (address, callback) => callback(null, address),
      clusterRetryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
      // No command is sent again: it may already be executed, or be outdated. Redirections are followed.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshInterval,
    });
    this.on('+node', (node: Redis) => {
      node.once('ready', () => this.look());
      // A redirection may have led to this node: its command is sent first, since a connecting node would refuse it.
      queueMicrotask(() => {
        if (node.status === 'wait') node.connect().catch(() => undefined);
      });
    });
    for (const event of ['-node', 'refresh', 'ready', 'close']) this.on(event, () => this.look());
  }

  /** Whether the master of every slot is connected. */
  get isComplete(): boolean {
    return this.status === 'ready' && this.wasComplete;
  }

  /** The master of a slot, as `host:port`; undefined: none is known. */
  masterOf(slot: number): string | undefined {
    return this.slots[slot]?.[0];
  }

  /** The masters that have slots, by `host:port`; undefined for a master without a known address. */
  masters(): Map<string, Redis | undefined> {
    const nodes = new Map(this.nodes('master').map((node) => [keyOf(node), node]));
    // All slots of a range share one list of owners.
    const keys = new Set([...new Set<string[] | undefined>(this.slots)].map((owners) => owners?.[0] ?? ''));
    return new Map([...keys].map((key) => [key, nodes.get(key)]));
  }

  /** The masters that have slots but are not connected, as `host:port`. */
  missing(): string[] {
    return [...this.masters()].flatMap(([key, node]) => (node?.status === 'ready' ? [] : [key]));
  }

  /** Calls sent together, each to the master of its key; replies come in the order of the calls. */
  override pipeline(calls?: unknown): ChainableCommander {
    return splitPipeline(this, Array.isArray(calls) ? (calls as Call[]).map((call) => [...call]) : []);
  }

  override disconnect(reconnect = false): void {
    this.isClosed ||= !reconnect;
    clearTimeout(this.timer);
    super.disconnect(reconnect);
  }

  private look(): void {
    if (this.isClosed) return;
    const isComplete = this.status === 'ready' && this.hasAllMasters();
    const waitMs = this.wasComplete ? 0 : askAgainMs;
    if (isComplete !== this.wasComplete) {
      this.wasComplete = isComplete;
      this.emit(isComplete ? 'complete' : 'incomplete');
    }
    clearTimeout(this.timer);
    if (isComplete || this.status !== 'ready') return;
    this.timer = setTimeout(() => this.refreshSlotsCache(), waitMs);
  }

  private hasAllMasters(): boolean {
    return this.slots.length === 16_384 && this.missing().length === 0;
  }
}

/** The slot of a key or channel. */
export function slotOf(key: string): number {
  return new Command('get', [key]).getSlot();
}

function keyOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

/** Records calls like a pipeline of ioredis; `exec` sends each separately, so that each is redirected separately. */
function splitPipeline(cluster: ClusterClient, calls: Call[]): ChainableCommander {
  const commands = cluster as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const send = async ([name, ...args]: Call): Promise<Reply> => {
    try {
      return [null, await commands[name]?.(...args)];
    } catch (error) {
      return [error as Error, undefined];
    }
  };
  const exec = (): Promise<Reply[]> => {
    // Calls sent at once are written to each node in one write.
    const streams = cluster.nodes('master').map(({ stream }) => stream);
    for (const stream of streams) stream?.cork?.();
    const replies = calls.map(send);
    for (const stream of streams) stream?.uncork?.();
    return Promise.all(replies);
  };
  const pipeline: unknown = new Proxy(
    {},
    {
      get: (_, name: string) => {
        if (name === 'length') return calls.length;
        if (name === 'exec') return exec;
        return (...args: unknown[]) => {
          calls.push([name, ...args]);
          return pipeline;
        };
      },
    },
  );
  return pipeline as ChainableCommander;
}
