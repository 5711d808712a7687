import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { channelsOfNode } from '#partitions';
import { RedisSubscriber, repeat, withTimeout } from '#platform';
import type { StreamNotification } from '#read-models';
import type { Appended } from '#sessions';
import { notificationChannel, notifyOwner, parseNotification } from '#read-models';
import { ApiNode } from '../common/api-node.ts';

type NotificationListener = (notification: StreamNotification) => void;

/** How long to wait for Redis to confirm a subscription before continuing without it, in milliseconds. */
const confirmMs = 1_000;
/** How often the connection is pinged, in milliseconds: a silent connection does not show that it misses messages. */
const pingMs = 1_000;
const everything: StreamNotification = { first: 0, last: Number.MAX_SAFE_INTEGER, quiet: false };

/**
 * Redis pub/sub: notifications that sessions have grown, and the registry's messages for this node. Messages may be
 * lost; after a reconnect every listener is notified.
 */
@Injectable()
export class Notifier implements OnApplicationShutdown {
  private readonly listeners = new Map<string, NotificationListener | Set<NotificationListener>>();
  private readonly nodeListeners: ((message: string) => void)[] = [];
  private readonly reconnectListeners: (() => void)[] = [];
  private readonly subscriber: RedisSubscriber;
  private readonly stopping = new AbortController();

  constructor(
    private readonly redis: Redis,
    node: ApiNode,
  ) {
    const channels = channelsOfNode(node.name);
    const [nodeChannel] = channels;
    const prefix = notificationChannel('').length;
    this.subscriber = new RedisSubscriber({
      redis,
      channels,
      onMessage: (channel, text) => {
        if (channel === nodeChannel) for (const listener of this.nodeListeners) listener(text);
        else this.notify(channel.slice(prefix), parseNotification(text));
      },
      onConnected: (heard) => {
        for (const channel of heard) this.notify(channel.slice(prefix), everything);
        if (heard.includes(nodeChannel)) for (const listener of this.reconnectListeners) listener();
      },
    });
    const { signal } = this.stopping;
    void repeat(() => this.subscriber.ping(), { everyMs: pingMs, signal, onError: () => undefined });
  }

  /** Listens to the registry's messages for this node. */
  onNodeMessage(listener: (message: string) => void): void {
    this.nodeListeners.push(listener);
  }

  /**
   * Listens for connections and reconnections to Redis: earlier messages of the registry for this node may have been
   * lost.
   */
  onReconnect(listener: () => void): void {
    this.reconnectListeners.push(listener);
  }

  /** Listens for a session's growth; resolves once Redis has confirmed the subscription or fails to answer in time. */
  async watch(sessionId: string, listener: NotificationListener): Promise<void> {
    const known = this.listeners.get(sessionId);
    if (known === undefined) this.listeners.set(sessionId, listener);
    else if (known instanceof Set) known.add(listener);
    else this.listeners.set(sessionId, new Set([known, listener]));
    if (known !== undefined) return;
    const confirmed = this.subscriber.add(notificationChannel(sessionId));
    await withTimeout(confirmed, confirmMs, () => new Error('Redis does not confirm')).catch(() => undefined);
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
    this.subscriber.remove(notificationChannel(sessionId)).catch(() => undefined);
  }

  /** Notifies this process's listeners, without Redis. */
  notify(sessionId: string, notification: StreamNotification): void {
    const known = this.listeners.get(sessionId);
    if (known instanceof Set) for (const listener of known) listener(notification);
    else known?.(notification);
  }

  /** Notifies the owner's node of events appended here, if they concern the owner. */
  notifyOwner(appended: Appended): void {
    notifyOwner(this.redis, appended);
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
    this.subscriber.close();
  }
}
