import type { Redis } from 'ioredis';
import { clusterOf } from './redis.ts';
import { slotOf } from './redis-cluster.ts';

/** Channels of one call. */
const channelsAtOnce = 1_000;
/** How soon the slots are looked at again when some are elsewhere (ms). */
const lookAgainMs = 50;
/** The name of the node where Redis is one. */
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
 * Listens to channels, on connections of its own: one, or in a cluster one for each verb to each master that has some of them. Those that
 * come and go are channels of SPUBLISH in a cluster, else of PUBLISH (`publishVerb`). They follow their slots to other masters.
 */
export class RedisSubscriber {
  private readonly groups = new Map<string, Group>();
  private readonly connections = new Map<string, Redis>();
  private readonly cluster;
  private readonly place = (): void => this.placeAll();
  /** The connections some of whose slots went to other masters. */
  private readonly moved = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: SubscriberOptions) {
    this.cluster = clusterOf(options.redis);
    for (const channel of options.channels) this.groupOf(channel, 'subscribe').channels.add(channel);
    for (const event of ['refresh', 'complete']) this.cluster?.on(event, this.place);
    this.place();
  }

  /** Resolves once Redis has confirmed. @throws while Redis is unavailable: the channel is asked for when it is back */
  async add(channel: string): Promise<void> {
    if (this.isClosed) throw new Error('Connection is closed.');
    const group = this.groupOf(channel);
    group.channels.add(channel);
    const wasPlaced = group.node !== undefined;
    const connection = this.placeGroup(group);
    if (connection === undefined) throw new Error('Connection is closed.');
    const isReady = connection.status === 'ready';
    if (!wasPlaced && group.channels.size > 1) this.ask(connection, [group]);
    try {
      await connection[group.verb](channel);
    } catch (error) {
      // A slot that is elsewhere: with the next look at where the slots are.
      if (this.cluster && isReady) group.node = undefined;
      throw error;
    }
  }

  async remove(channel: string): Promise<void> {
    const group = this.groupOf(channel);
    group.channels.delete(channel);
    if (group.channels.size === 0) this.groups.delete(nameOf(group));
    const connection = this.connections.get(connectionOf(group));
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
    clearTimeout(this.timer);
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
    const moved = new Map<Redis, Group[]>();
    for (const group of this.groups.values()) {
      const node = this.nodeOf(group);
      if (node === undefined || node === group.node) continue;
      group.node = undefined;
      const connection = this.placeGroup(group);
      if (connection) moved.set(connection, [...(moved.get(connection) ?? []), group]);
    }
    for (const [connection, groups] of moved) this.ask(connection, groups);
    const used = new Set([...this.groups.values()].map(connectionOf));
    for (const [name, connection] of this.connections) {
      if (used.has(name)) continue;
      connection.disconnect();
      this.connections.delete(name);
    }
  }

  /** The connection that has the channels of a group; undefined while no master is known: with the next look at the slots. */
  private placeGroup(group: Group): Redis | undefined {
    const node = group.node ?? this.nodeOf(group);
    if (node === undefined) return undefined;
    const connection = this.connectionTo(group.verb, node);
    if (connection) group.node = node;
    return connection;
  }

  private connectionTo(verb: Group['verb'], node: string): Redis | undefined {
    const name = connectionOf({ verb, node });
    const known = this.connections.get(name);
    if (known !== undefined) return known;
    const connection = this.open(node);
    if (connection === undefined) return undefined;
    this.connections.set(name, connection);
    // The connection that this one is a duplicate of logs that Redis is unavailable.
    connection.on('error', () => undefined);
    for (const event of ['message', 'smessage']) connection.on(event, this.options.onMessage);
    connection.on('ready', () => this.ask(connection, this.groupsOn(name)));
    connection.on('moved', () => this.lookAgain(name));
    return connection;
  }

  private groupsOn(name: string): Group[] {
    return [...this.groups.values()].filter((group) => connectionOf(group) === name);
  }

  private open(node: string): Redis | undefined {
    // What the client resubscribes by itself it does not await: a failure would end the process.
    const options = { autoResubscribe: false, enableOfflineQueue: false, readOnly: false };
    if (this.cluster === undefined) return this.options.redis.duplicate(options);
    const colon = node.lastIndexOf(':');
    const [host, port] = [node.slice(0, colon), Number(node.slice(colon + 1))];
    const [any] = this.cluster.nodes();
    return any?.duplicate({ ...options, host, port, retryStrategy, lazyConnect: false });
  }

  /** Slots went to other masters. The client says which channels it still has here, and is told of each moved channel alone. */
  private lookAgain(name: string): void {
    this.moved.add(name);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      for (const each of this.moved) this.forgetMoved(each);
      this.moved.clear();
      this.cluster?.refreshSlotsCache();
    }, lookAgainMs);
  }

  private forgetMoved(name: string): void {
    const subscriptions = this.connections.get(name)?.condition?.subscriber;
    const kept = new Set(subscriptions ? subscriptions.channels('ssubscribe') : []);
    for (const group of this.groupsOn(name))
      if ([...group.channels].some((channel) => !kept.has(channel))) group.node = undefined;
  }

  /** A connection that is not ready asks for all of its channels when it is. */
  private ask(connection: Redis, groups: readonly Group[]): void {
    if (connection.status !== 'ready') return;
    Promise.all(groups.map((group) => askFor(connection, group)))
      .then((channels) => this.options.onConnected?.(channels.flat()))
      .catch(() => connection.disconnect(true));
  }
}

/** Resolves to the channels that are heard from now on: none of a slot that is elsewhere, for which the client emits `moved`. */
async function askFor(connection: Redis, { verb, channels }: Group): Promise<string[]> {
  const all = [...channels];
  const calls: Promise<unknown>[] = [];
  for (let at = 0; at < all.length; at += channelsAtOnce)
    calls.push(connection[verb](...all.slice(at, at + channelsAtOnce)));
  try {
    await Promise.all(calls);
    return all;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('MOVED ')) return [];
    throw error;
  }
}

function retryStrategy(attempt: number): number {
  return Math.min(attempt * 50, 1_000);
}

function nameOf({ verb, slot }: Pick<Group, 'verb' | 'slot'>): string {
  return `${verb} ${slot}`;
}

/**
 * The name of the connection that has a group. Each verb has connections of its own: with its last channel of one verb the client
 * takes a connection for one without any, and passes over the messages of the other.
 */
function connectionOf({ verb, node }: Pick<Group, 'verb' | 'node'>): string {
  return `${verb} ${node}`;
}

/** With what the channels of a subscriber that come and go are published. */
export function publishVerb(redis: Redis): 'publish' | 'spublish' {
  return clusterOf(redis) ? 'spublish' : 'publish';
}
