import { Injectable } from '@nestjs/common';
import type { HistoryRange, RawEvent } from '#sessions';
import { EventStore, readHistory } from '#sessions';
import { Notifier } from '../agents/delivery/notifier.ts';
import { sessionNotFound } from '../common/problems.ts';
import { EventReplay } from '../replay/event-replay.ts';
import { follow } from '../replay/follow.ts';
import type { EventsQuery } from './events.dto.ts';

/** Approximate bytes of events per read. */
const stepBytes = 128 * 1024;

/** Streams of the events of sessions. */
@Injectable()
export class Replays {
  constructor(
    private readonly store: EventStore,
    private readonly notifier: Notifier,
  ) {}

  /** @throws ProblemError `not_found` */
  async of(
    sessionId: string,
    range: HistoryRange,
    { speed, follow: goesOn, limit }: EventsQuery,
    format: EventReplay['format'],
  ): Promise<EventReplay> {
    await this.assertExists(sessionId);
    const read = goesOn
      ? (signal: AbortSignal) => this.follow(sessionId, range, signal)
      : (signal: AbortSignal) =>
          take(
            readHistory(this.store.until(signal), sessionId, { ...range, wanted: limit, stepBytes }),
            limit,
          );
    return new EventReplay(sessionId, format, read, speed);
  }

  /** @throws ProblemError `not_found` for a session without events */
  async assertExists(sessionId: string): Promise<void> {
    const first = readHistory(this.store, sessionId, { direction: 'forwards', wanted: 1 });
    if ((await first.next()).done) throw sessionNotFound();
  }

  private follow(
    sessionId: string,
    { from = 0, types }: HistoryRange,
    signal: AbortSignal,
  ): ReturnType<typeof follow> {
    const { notifier } = this;
    const store = this.store.until(signal);
    const read = (next: number): AsyncIterable<RawEvent> =>
      readHistory(store, sessionId, { direction: 'forwards', from: next, stepBytes });
    const watch = async (onGrowth: () => void): Promise<() => void> => {
      await notifier.watch(sessionId, onGrowth);
      return () => notifier.unwatch(sessionId, onGrowth);
    };
    return only(types, follow(read, from, watch, signal));
  }
}

async function* take(events: AsyncIterable<RawEvent>, limit = Infinity): AsyncGenerator<RawEvent> {
  let left = limit;
  for await (const event of events) {
    yield event;
    left -= 1;
    if (left === 0) return;
  }
}

async function* only(
  types: ReadonlySet<string> | undefined,
  events: ReturnType<typeof follow>,
): ReturnType<typeof follow> {
  for await (const event of events) {
    if (event === null || types === undefined || types.has(event.type)) yield event;
  }
}
