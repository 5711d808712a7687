import { backOffMs } from '#platform';
import { PositionBeyondEndError } from './errors.ts';
import { Feed } from './feed.ts';
import type { Received } from './inbox.ts';
import { headFrom } from './log-position.ts';
import { pairOf, prefixesOf } from './pairs.ts';
import type { EventStore } from './store.ts';
import type { Subscriber } from './subscriber.ts';
import type { SubscribeOptions } from './subscription.ts';
import { reconnects } from './subscription.ts';

interface GroupHooks {
  /** Called when everything that the store had is delivered. */
  readonly caughtUp: () => void;
  readonly ended: () => void;
}

/** How long to wait for others that join, so that the subscription restarts once for all of them (ms). */
const gatherMs = 50;
/** After how long the streams of subscribers who have left are dropped from the subscription (ms). */
const narrowMs = 5_000;
/** The pause before subscribers are told the position, in ms: the least, and that per subscriber. Each may have to write it. */
const passMs = { least: 500, each: 40 };

/** Subscribers at about the same position, which share one subscription of the event store. */
export class SubscriptionGroup {
  private readonly members = new Set<Subscriber>();
  /** The members that the present subscription serves, by pairs of digits. */
  private active = new Set<Subscriber>();
  private readonly routes = new Map<string, Set<Subscriber>>();
  private feed: Feed | undefined;
  private live = false;
  private atEnd = false;
  private failures = 0;
  /** The scheduled restart of the subscription, at a time of `performance.now()`. */
  private restart: { at: number; timer: NodeJS.Timeout } | undefined;
  private passing: NodeJS.Timeout | undefined;
  private isStarting = false;

  constructor(
    private readonly store: EventStore,
    /** The position up to which everything was received. */
    private position: bigint,
    private readonly hooks: GroupHooks,
    private readonly opens: SubscribeOptions['opens'],
  ) {}

  get size(): number {
    return this.members.size;
  }

  /** Whether everything that the store had is delivered. */
  get isLive(): boolean {
    return this.live;
  }

  /** Whether it had caught up, and has at most restarted since. */
  get isAtEnd(): boolean {
    return this.atEnd;
  }

  distanceTo(position: bigint): bigint {
    return position < this.position ? this.position - position : position - this.position;
  }

  add(subscriber: Subscriber): void {
    this.members.add(subscriber);
    subscriber.joined(this);
    this.restartIn(gatherMs);
  }

  /** Removes all its subscribers, for another group. */
  dissolve(): Subscriber[] {
    const subscribers = [...this.members];
    this.passPosition();
    this.tell({ kind: 'fell_behind' });
    for (const subscriber of subscribers) this.remove(subscriber);
    return subscribers;
  }

  /** The subscriber receives its position, then nothing more from this group. */
  remove(subscriber: Subscriber): void {
    if (!this.members.delete(subscriber)) return;
    if (this.active.delete(subscriber)) {
      for (const pair of subscriber.pairs) this.routes.get(pair)?.delete(subscriber);
      subscriber.receive({ kind: 'checkpoint', position: this.position });
    }
    if (this.members.size > 0) return this.restartIn(narrowMs);
    this.stopFeed();
    clearTimeout(this.restart?.timer);
    this.hooks.ended();
  }

  full(subscriber: Subscriber): void {
    if (this.active.size === 1) this.feed?.pause();
    else subscriber.leave();
  }

  room(): void {
    this.feed?.resume();
  }

  receive(received: Received): void {
    this.failures = 0;
    if (received.kind === 'stored') {
      const { streamId } = received.stored;
      for (const subscriber of this.routes.get(pairOf(streamId)) ?? []) subscriber.receive(received);
    }
    if ('position' in received) return this.reach(received.position);
    this.atEnd = received.kind === 'caught_up';
    this.tell(received);
  }

  end(failure?: { error: unknown }): void {
    this.feed = undefined;
    this.interrupt(failure);
  }

  private restartIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.restart && this.restart.at <= at) return;
    clearTimeout(this.restart?.timer);
    const timer = setTimeout(() => {
      this.restart = undefined;
      void this.start();
    }, ms);
    this.restart = { at, timer };
  }

  /** Subscribes for all current members, from the least of their positions on. */
  private async start(): Promise<void> {
    if (this.isStarting) return this.restartIn(gatherMs);
    this.isStarting = true;
    const members = [...this.members];
    try {
      await this.checkPositions(members);
      this.stopFeed();
      this.activate(members.filter((subscriber) => this.members.has(subscriber)));
    } catch (error) {
      this.stopFeed();
      this.interrupt({ error });
    } finally {
      this.isStarting = false;
    }
  }

  private activate(members: readonly Subscriber[]): void {
    if (members.length === 0) return;
    this.active = new Set(members);
    for (const subscriber of members)
      for (const pair of subscriber.pairs) {
        const route = this.routes.get(pair) ?? new Set();
        this.routes.set(pair, route.add(subscriber));
      }
    this.position = members.reduce(
      (least, { position }) => (position < least ? position : least),
      members[0]?.position ?? -1n,
    );
    const after = this.position < 0n ? 'start' : this.position;
    const { opens } = this;
    const prefixes = prefixesOf(this.routes.keys());
    this.feed = new Feed(this.store, { prefixes, after, ...(opens && { opens }) }, this);
  }

  /** Fails members whose position lies after the end of the log, which a server does not report. */
  private async checkPositions(members: readonly Subscriber[]): Promise<void> {
    // Active members continue meanwhile, beyond the end that is read.
    const positions = members.map((subscriber) => [subscriber, subscriber.position] as const);
    const most = positions.reduce((max, [, position]) => (position > max ? position : max), -1n);
    if (most < 0n) return;
    const head = await headFrom(this.store, most);
    for (const [subscriber, position] of positions) {
      if (position > head && this.members.has(subscriber))
        subscriber.leave({ error: new PositionBeyondEndError(position, head) });
    }
  }

  /** Stops receiving until the subscription restarts. */
  private stopFeed(): void {
    this.passPosition();
    this.feed?.stop();
    this.feed = undefined;
    if (this.live) this.tell({ kind: 'fell_behind' });
    this.live = false;
    this.active.clear();
    this.routes.clear();
  }

  private interrupt(failure?: { error: unknown }): void {
    const { members } = this;
    this.stopFeed();
    if (failure) for (const subscriber of members) subscriber.interrupted(failure.error);
    this.failures += 1;
    if (members.size > 0) this.restartIn(backOffMs(this.failures, reconnects));
  }

  private reach(position: bigint): void {
    if (position <= this.position) return;
    this.position = position;
    this.passing ??= setTimeout(
      () => this.passPosition(),
      Math.max(passMs.least, passMs.each * this.active.size),
    );
  }

  /** Tells the members the position: everything before it has been passed on. */
  private passPosition(): void {
    clearTimeout(this.passing);
    this.passing = undefined;
    this.tell({ kind: 'checkpoint', position: this.position });
  }

  private tell(received: Received): void {
    if (received.kind === 'caught_up') this.passPosition();
    if (received.kind === 'caught_up' || received.kind === 'fell_behind')
      this.live = received.kind === 'caught_up';
    for (const subscriber of this.active) subscriber.receive(received);
    if (received.kind === 'caught_up') this.hooks.caughtUp();
  }
}
