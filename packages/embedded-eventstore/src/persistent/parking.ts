import { append, writeMetadata } from '../store/append.ts';
import { messageOf } from '../store/errors.ts';
import { PAGE_BYTES } from '../store/page-size.ts';
import { originalOf, type ProposedEvent } from '../store/records.ts';
import { LINK_TYPE } from '../store/stream-names.ts';
import type { Store } from '../store/store.ts';
import { bytesOf, newMessage, Progress, resolve, type Message } from './messages.ts';
import { newId } from '../store/event-id.ts';

/** The parked messages of a group: links in a separate stream, until they are replayed and finished. */
export class Parking {
  private progress: Progress;
  private truncatedTo: number;
  /** The end of the replay, exclusive. */
  private replayTo = 0;

  constructor(
    private readonly store: Store,
    private readonly stream: string,
  ) {
    this.truncatedTo = this.first;
    this.progress = new Progress(this.first - 1);
  }

  /** Number of parked messages. */
  get count(): number {
    return Math.max(0, this.store.reads.lastRevision(this.stream) + 1 - this.first);
  }

  /** Parks a message; `done` is called once it is durable. */
  park({ event }: Message, reason: string, done: (error: unknown) => void): void {
    // A parked message that is parked again is a link: the new link has the same target.
    const { stream, rev } = event.event ?? originalOf(event);
    const link: ProposedEvent = {
      id: newId(),
      type: LINK_TYPE,
      isJson: false,
      data: Buffer.from(`${rev}@${stream}`),
      meta: Buffer.from(
        JSON.stringify({ added: new Date().toISOString(), reason, subscriptionEventNumber: rev }),
      ),
    };
    this.store.writer.submit((tx) => append(tx, this.stream, 'any', [link]), done);
  }

  /** Starts the replay of the parked messages below revision `stopAt`. */
  replay(stopAt: number): void {
    const end = this.store.reads.lastRevision(this.stream) + 1;
    this.replayTo = Math.max(this.replayTo, Math.min(stopAt, end));
  }

  /** The next messages to replay, at most `limit`, and fewer when they are large; none when all have been replayed. */
  next(limit: number): Message[] {
    if (this.progress.reached + 1 >= this.replayTo) return [];
    try {
      const messages = this.readNext(limit);
      if (messages.length === 0) this.replayTo = 0;
      return messages;
    } catch (error) {
      this.replayTo = 0;
      process.emitWarning(`Cannot replay ${this.stream}: ${messageOf(error)}`);
      return [];
    }
  }

  private readNext(limit: number): Message[] {
    const from = Math.max(this.first, this.progress.reached + 1);
    const count = Math.min(limit, this.replayTo - from);
    const page = count > 0 ? this.store.reads.stream(this.stream, from, count, false) : undefined;
    const messages: Message[] = [];
    let bytes = 0;
    for (const link of page?.kind === 'page' ? page.events : []) {
      if (bytes > PAGE_BYTES) break;
      const message = newMessage(resolve(this.store, link), { parkedAt: link.rev });
      bytes += bytesOf(message);
      messages.push(message);
    }
    for (const { parkedAt } of messages) if (parkedAt !== undefined) this.progress.started(parkedAt);
    return messages;
  }

  finished(parkedAt: number): void {
    this.progress.finished(parkedAt);
  }

  /** Truncates the parked stream up to the last finished message. */
  truncate(): void {
    const before = this.progress.done + 1;
    if (before <= this.truncatedTo) return;
    this.truncatedTo = before;
    const metadata = Buffer.from(JSON.stringify({ $tb: before }));
    this.store.writer.submit(
      (tx) => writeMetadata(tx, this.stream, metadata),
      (error) => {
        if (error) process.emitWarning(`Cannot truncate ${this.stream}: ${messageOf(error)}`);
      },
    );
  }

  private get first(): number {
    const { streams } = this.store;
    const { truncateBefore, softDeleted } = streams.metadata(streams.get(this.stream));
    return softDeleted ? streams.get(this.stream).last + 1 : truncateBefore;
  }
}
