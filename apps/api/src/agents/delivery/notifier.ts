import type { Redis } from 'ioredis';
import type { StreamNotification } from '#read-models';
import { parseNotification, notificationChannel } from '#read-models';

export type NotificationListener = (wake: StreamNotification) => void;

/** Channels of one SUBSCRIBE. */
const channelsAtOnce = 1_000;

/** How long a listener waits for Redis to confirm a channel before it goes on without. */
const confirmMs = 1_000;

/**
 * What this process hears from Redis: that sessions have grown, and what the registry tells its node. Messages may be
 * lost; `onBack` is called when they may have been.
 */
export class Notifier {
  private readonly listeners = new Map<string, NotificationListener | Set<NotificationListener>>();

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
      else this.hear(channel.slice(notificationChannel('').length), parseNotification(text));
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
  async watch(sessionId: string, listener: NotificationListener): Promise<void> {
    const known = this.listeners.get(sessionId);
    if (known === undefined) this.listeners.set(sessionId, listener);
    else if (known instanceof Set) known.add(listener);
    else this.listeners.set(sessionId, new Set([known, listener]));
    if (known !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, confirmMs);
    });
    const confirmed = this.redis.subscribe(notificationChannel(sessionId)).catch(() => undefined);
    await Promise.race([confirmed, late]);
    clearTimeout(timer);
  }

  unwatch(sessionId: string, listener: NotificationListener): void {
    const known = this.listeners.get(sessionId);
    if (known instanceof Set) {
      known.delete(listener);
      if (known.size > 0) return;
    } else if (known !== listener) {
      return;
    }
    this.listeners.delete(sessionId);
    this.redis.unsubscribe(notificationChannel(sessionId)).catch(() => undefined);
  }

  /** Tells this process's listeners without a way through Redis. */
  hear(sessionId: string, wake: StreamNotification): void {
    const known = this.listeners.get(sessionId);
    if (known instanceof Set) for (const listener of known) listener(wake);
    else known?.(wake);
  }

  /** Notifier everybody, after something may have been missed. */
  hearAll(wake: StreamNotification): void {
    for (const sessionId of this.listeners.keys()) this.hear(sessionId, wake);
  }

  /** What was watched while Redis was away was never subscribed, so the client does not make up for it. */
  private subscribeAll(): Promise<unknown>[] {
    const channels = [...this.listeners.keys()].map(notificationChannel);
    const done: Promise<unknown>[] = [];
    for (let at = 0; at < channels.length; at += channelsAtOnce)
      done.push(this.redis.subscribe(...channels.slice(at, at + channelsAtOnce)));
    return done;
  }

  close(): void {
    this.redis.disconnect();
  }
}
