import type { Redis } from 'ioredis';
import { clusterOf } from './redis.ts';
import { slotOf } from './redis-cluster.ts';

/** Channels of one call. */
const channelsAtOnce = 1_000;
/** The name of the connection where Redis is one node. */
const only = 'only';

interface SubscriberOptions {
  readonly redis: Redis;
  /** Channels of PUBLISH: in a cluster, every node has them. */
  readonly channels: readonly string[];
  readonly onMessage: (channel: string, text: string) => void;
  /** Called each time that channels are heard on another connection: messages may have been lost before. */
  readonly onConnected?: (channels: readonly string[]) => void;
}

/** Channels of one slot, which one node has. */
interface Group {
  readonly verb: 'subscribe' | 'ssubscribe';
  readonly slot: number;
  readonly channels: Set<string>;
  /** The node that they were asked for at, if they were. */
  node: string | undefined;
}

/**
 * Listens to channels, on connections of its own: one, or in a cluster one to each master that has some of them. Those that
 * come and go are channels of SPUBLISH in a cluster, else of PUBLISH (`publishVerb`). They follow their slots to other masters.
 */
export class RedisSubscriber {
  private readonly groups = new Map<string, Group>();
  private readonly connections = new Map<string, Redis>();
  private readonly cluster;
  private readonly place = (): void => this.placeAll();
  private isClosed = false;

  constructor(private readonly options: SubscriberOptions) {
    this.cluster = clusterOf(options.redis);
    for (const channel of options.channels) this.groupOf(channel, 'subscribe').channels.add(channel);
    for (const event of ['refresh', 'complete']) this.cluster?.on(event, this.place);
    this.place();
  }

  /** Resolves once Redis has confirmed. @throws while Redis is unavailable: the channel is asked for when it is back */
  async add(channel: string): Promise<void> {
    const group = this.groupOf(channel);
    group.channels.add(channel);
    group.node ??= this.nodeOf(group);
    if (group.node === undefined) throw new Error('Connection is closed.');
    const connection = this.connectionTo(group.node);
    // One that is not ready asks for all of its channels when it is.
    const isAsked = connection.status !== 'ready';
    try {
      await connection[group.verb](channel);
    } catch (error) {
      // A slot that is elsewhere: with the next look at where the slots are.
      if (this.cluster && !isAsked) group.node = undefined;
      throw error;
    }
  }

  async remove(channel: string): Promise<void> {
    const group = this.groupOf(channel);
    group.channels.delete(channel);
    if (group.channels.size === 0) this.groups.delete(nameOf(group));
    const connection = this.connections.get(group.node ?? '');
    await (group.verb === 'subscribe' ? connection?.unsubscribe(channel) : connection?.sunsubscribe(channel));
  }

  /** Asks whether the connections live: one that is silent says nothing of what it misses. The client replaces it. */
  async ping(): Promise<void> {
    if (this.cluster) this.place();
    const ready = [...this.connections.values()].filter(({ status }) => status === 'ready');
    await Promise.all(ready.map((connection) => connection.ping()));
  }

  close(): void {
    this.isClosed = true;
    for (const event of ['refresh', 'complete']) this.cluster?.off(event, this.place);
    for (const connection of this.connections.values()) connection.disconnect();
  }

  private groupOf(channel: string, verb: Group['verb'] = this.cluster ? 'ssubscribe' : 'subscribe'): Group {
    const slot = this.cluster ? slotOf(channel) : 0;
    const name = nameOf({ verb, slot });
    const group = this.groups.get(name) ?? { verb, slot, channels: new Set(), node: undefined };
    this.groups.set(name, group);
    return group;
  }

  private nodeOf({ slot }: Group): string | undefined {
    return this.cluster ? this.cluster.masterOf(slot) : only;
  }

  /** Asks for the channels whose slots are elsewhere now, and closes connections that have none any more. */
  private placeAll(): void {
    if (this.isClosed) return;
    const moved = new Map<string, Group[]>();
    for (const group of this.groups.values()) {
      const node = this.nodeOf(group);
      if (node === undefined || node === group.node) continue;
      group.node = node;
      moved.set(node, [...(moved.get(node) ?? []), group]);
    }
    for (const [node, groups] of moved) {
      const connection = this.connectionTo(node);
      // One that is not ready asks for all of its channels when it is.
      if (connection.status === 'ready') this.ask(connection, groups);
    }
    const used = new Set([...this.groups.values()].map(({ node }) => node));
    for (const [node, connection] of this.connections) {
      if (used.has(node)) continue;
      connection.disconnect();
      this.connections.delete(node);
    }
  }

  private connectionTo(node: string): Redis {
    const known = this.connections.get(node);
    if (known !== undefined) return known;
    const connection = this.open(node);
    this.connections.set(node, connection);
    // The connection that this one is a duplicate of logs that Redis is unavailable.
    connection.on('error', () => undefined);
    for (const event of ['message', 'smessage']) connection.on(event, this.options.onMessage);
    const groups = (): Group[] => [...this.groups.values()].filter((group) => group.node === node);
    connection.on('ready', () => this.ask(connection, groups()));
    // A slot went to another node.
    connection.on('moved', () => {
      for (const group of groups()) group.node = undefined;
      this.cluster?.refreshSlotsCache();
    });
    return connection;
  }

  private open(node: string): Redis {
    // What the client resubscribes by itself it does not await: a failure would end the process.
    const options = { autoResubscribe: false, enableOfflineQueue: false, readOnly: false };
    if (this.cluster === undefined) return this.options.redis.duplicate(options);
    const colon = node.lastIndexOf(':');
    const [host, port] = [node.slice(0, colon), Number(node.slice(colon + 1))];
    const [any] = this.cluster.nodes();
    if (any === undefined) throw new Error('Connection is closed.');
    return any.duplicate({ ...options, host, port, retryStrategy, lazyConnect: false });
  }

  private ask(connection: Redis, groups: readonly Group[]): void {
    const channels = groups.flatMap((group) => [...group.channels]);
    const asked = groups.flatMap((group) => {
      const all = [...group.channels];
      const calls: Promise<unknown>[] = [];
      for (let at = 0; at < all.length; at += channelsAtOnce)
        calls.push(connection[group.verb](...all.slice(at, at + channelsAtOnce)));
      return calls;
    });
    Promise.all(asked)
      .then(() => this.options.onConnected?.(channels))
      .catch(() => connection.disconnect(true));
  }
}

function retryStrategy(attempt: number): number {
  return Math.min(attempt * 50, 1_000);
}

function nameOf({ verb, slot }: Pick<Group, 'verb' | 'slot'>): string {
  return `${verb} ${slot}`;
}

/** With what the channels of a subscriber that come and go are published. */
export function publishVerb(redis: Redis): 'publish' | 'spublish' {
  return clusterOf(redis) ? 'spublish' : 'publish';
}
