import type { Redis } from 'ioredis';
import type { Wake } from '#read-models';
import { parseWake, wakeChannel } from '#read-models';

export type WakeListener = (wake: Wake) => void;

/** Channels of one SUBSCRIBE. */
const channelsAtOnce = 1_000;

/** How long a listener waits for Redis to confirm a channel before it goes on without. */
const confirmMs = 1_000;

/**
 * What this process hears from Redis: that sessions have grown, and what the registry tells its node. Messages may be
 * lost; `onBack` is called when they may have been.
 */
export class Wakes {
  private readonly listeners = new Map<string, WakeListener | Set<WakeListener>>();

  /** @param redis a connection of its own, for subscribing */
  constructor(
    private readonly redis: Redis,
    node: string,
    private readonly onNode: (message: string) => void,
    private readonly onBack: () => void,
  ) {
    const nodeChannel = `agents:node:${node}`;
    redis.on('message', (channel, text) => {
      if (channel === nodeChannel) this.onNode(text);
      else this.hear(channel.slice(wakeChannel('').length), parseWake(text));
    });
    // The connection that this one is a duplicate of logs that Redis is away.
    redis.on('error', () => undefined);
    const join = (): void => {
      Promise.all([redis.subscribe(nodeChannel), ...this.subscribeAll()])
        .then(() => this.onBack())
        .catch(() => undefined);
    };
    if (redis.status === 'ready') join();
    redis.on('ready', join);
  }

  /** Listens for a session's growth; resolves once Redis has confirmed, or does not answer. */
  async watch(sessionId: string, listener: WakeListener): Promise<void> {
    const known = this.listeners.get(sessionId);
    if (known === undefined) this.listeners.set(sessionId, listener);
    else if (known instanceof Set) known.add(listener);
    else this.listeners.set(sessionId, new Set([known, listener]));
    if (known !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, confirmMs);
    });
    const confirmed = this.redis.subscribe(wakeChannel(sessionId)).catch(() => undefined);
    await Promise.race([confirmed, late]);
    clearTimeout(timer);
  }

  unwatch(sessionId: string, listener: WakeListener): void {
    const known = this.listeners.get(sessionId);
    if (known instanceof Set) {
      known.delete(listener);
      if (known.size > 0) return;
    } else if (known !== listener) {
      return;
    }
    this.listeners.delete(sessionId);
    this.redis.unsubscribe(wakeChannel(sessionId)).catch(() => undefined);
  }

  /** Tells this process's listeners without a way through Redis. */
  hear(sessionId: string, wake: Wake): void {
    const known = this.listeners.get(sessionId);
    if (known instanceof Set) for (const listener of known) listener(wake);
    else known?.(wake);
  }

  /** Wakes everybody, after something may have been missed. */
  hearAll(wake: Wake): void {
    for (const sessionId of this.listeners.keys()) this.hear(sessionId, wake);
  }

  /** What was watched while Redis was away was never subscribed, so the client does not make up for it. */
  private subscribeAll(): Promise<unknown>[] {
    const channels = [...this.listeners.keys()].map(wakeChannel);
    const done: Promise<unknown>[] = [];
    for (let at = 0; at < channels.length; at += channelsAtOnce)
      done.push(this.redis.subscribe(...channels.slice(at, at + channelsAtOnce)));
    return done;
  }

  close(): void {
    this.redis.disconnect();
  }
}
