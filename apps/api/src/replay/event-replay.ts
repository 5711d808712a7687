import { Readable } from 'node:stream';
import { sleep } from '#platform';
import type { RawEvent } from '#sessions';
import { maskEvent } from '../privacy/mask-event.ts';
import { Pace } from './pace.ts';

/** Pause of a reader before it reconnects, in milliseconds. */
const retryMs = 1_000;

/** Approximate bytes buffered for a reader. */
const waitingBytes = 64 * 1024;

/** Events, and null from time to time while nothing happens. */
export type Reading = AsyncIterable<RawEvent | null>;

/** A session's history as a stream: events are read at the pace of the reader. */
export class EventReplay {
  /**
   * @param read begins to read; ends soon when aborted
   * @param speed how many times as fast as recorded; 0: at once
   */
  constructor(
    readonly session_id: string,
    readonly format: 'ndjson' | 'sse',
    private readonly read: (signal: AbortSignal) => Reading,
    private readonly speed = 0,
    private readonly shown: (event: RawEvent) => RawEvent = (event) => event,
  ) {}

  /** The same, without personal data. */
  masked(): EventReplay {
    return new EventReplay(this.session_id, this.format, this.read, this.speed, maskEvent);
  }

  /**
   * The sent text; ends soon when aborted. @param isClosed asked before each event: once true, nothing more is sent
   */
  toReadable(signal: AbortSignal, isClosed: () => boolean = () => false): Readable {
    return Readable.from(this.texts(signal, isClosed), { objectMode: false, highWaterMark: waitingBytes });
  }

  private async *texts(signal: AbortSignal, isClosed: () => boolean): AsyncGenerator<string> {
    const isSse = this.format === 'sse';
    const pace = new Pace(this.speed);
    if (isSse) yield `retry: ${retryMs}\n\n`;
    for await (const event of this.read(signal)) {
      if (event !== null) await sleep(pace.gapBefore(event.created), signal);
      if (signal.aborted || isClosed()) return;
      if (event === null) yield ':\n\n';
      else yield isSse ? toSse(this.shown(event)) : `${JSON.stringify(this.shown(event))}\n`;
    }
    // Without an end event a browser would reconnect, since nothing else says that the history is complete.
    if (isSse && !signal.aborted) yield 'event: end\ndata: {}\n\n';
  }
}

function toSse(event: RawEvent): string {
  return `id: ${event.revision}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
