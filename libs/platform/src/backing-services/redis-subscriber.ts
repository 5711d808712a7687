import type { Redis } from 'ioredis';
import { clusterOf } from './redis.ts';
import { slotOf } from './redis-cluster.ts';

/** Channels per call. */
const channelsAtOnce = 1_000;
/** How soon the topology is refreshed when some slots have moved (ms). */
const lookAgainMs = 50;
/** The name of the node when Redis is a single node. */
const only = 'only';

interface SubscriberOptions {
  readonly redis: Redis;
  /** Channels of PUBLISH: in a cluster, every node receives them. */
  readonly channels: readonly string[];
  readonly onMessage: (channel: string, text: string) => void;
  /** Called each time that channels are subscribed on a new connection: messages may have been lost before. */
  readonly onConnected?: (channels: readonly string[]) => void;
}

/** Channels of one slot, which one node serves. */
interface Group {
  readonly verb: 'subscribe' | 'ssubscribe';
  readonly slot: number;
  readonly channels: Set<string>;
  /** The node where they are subscribed, if they are. */
  node: string | undefined;
}

/**
 * Subscribes to channels, on its own connections: one, or in a cluster one per verb and master that serves some of them. Channels
 * added later belong to SPUBLISH in a cluster, else to PUBLISH (`publishVerb`). Subscriptions follow their slots to other masters.
 */
export class RedisSubscriber {
  private readonly groups = new Map<string, Group>();
  private readonly connections = new Map<string, Redis>();
  private readonly cluster;
  private readonly place = (): void => this.placeAll();
  /** The connections some of whose slots have moved to other masters. */
  private readonly moved = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: SubscriberOptions) {
    this.cluster = clusterOf(options.redis);
    for (const channel of options.channels) this.groupOf(channel, 'subscribe').channels.add(channel);
    for (const event of ['refresh', 'complete']) this.cluster?.on(event, this.place);
    this.place();
  }

  /** Resolves once Redis has confirmed. @throws while Redis is unavailable: the channel is subscribed when it is back */
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
      // The slot may have moved: retried after the next refresh of the topology.
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

  /** Checks that the connections are alive: a silent connection would not report missed messages. The client replaces it. */
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

  /** Subscribes the channels whose slots have moved, and closes connections without channels. */
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

  /** The connection for the channels of a group; undefined while no master is known: retried after the next refresh of the topology. */
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
    // The original connection already logs that Redis is unavailable.
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
    // The client does not await its automatic resubscription: a failure would end the process.
    const options = { autoResubscribe: false, enableOfflineQueue: false, readOnly: false };
    if (this.cluster === undefined) return this.options.redis.duplicate(options);
    const colon = node.lastIndexOf(':');
    const [host, port] = [node.slice(0, colon), Number(node.slice(colon + 1))];
    const [any] = this.cluster.nodes();
    return any?.duplicate({ ...options, host, port, retryStrategy, lazyConnect: false });
  }

  /** Slots have moved to other masters. The client drops moved channels one by one and knows which ones are still here. */
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

  /** A connection that is not ready subscribes all of its channels once it is. */
  private ask(connection: Redis, groups: readonly Group[]): void {
    if (connection.status !== 'ready') return;
    Promise.all(groups.map((group) => askFor(connection, group)))
      .then((channels) => this.options.onConnected?.(channels.flat()))
      .catch(() => connection.disconnect(true));
  }
}

/** Resolves to the channels that are now subscribed: none if their slot has moved, for which the client emits `moved`. */
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
 * The name of the connection for a group. Each verb has its own connections: with its last channel of one verb the client
 * assumes that a connection has no subscriptions, and ignores the messages of the other verb.
 */
function connectionOf({ verb, node }: Pick<Group, 'verb' | 'node'>): string {
  return `${verb} ${node}`;
}

/** The verb that publishes to a subscriber's added channels. */
export function publishVerb(redis: Redis): 'publish' | 'spublish' {
  return clusterOf(redis) ? 'spublish' : 'publish';
}
