import type { AppendExpectedRevision, EventData, Position, ResolvedEvent } from '@eventstore/db-client';
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  FORWARDS,
  NO_STREAM,
  StreamDeletedError,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { withTimeout } from '#platform';
import type { StoredEvent } from './codec.ts';
import { EventCodec } from './codec.ts';
import { StoreUnavailableError, isStoreUnavailable } from './errors.ts';

/** How long an append or the first event of a read may take, in milliseconds. */
const deadline = 5_000;
/** Events of a page, where events are looked for from the end. */
const pageSize = 500;

/** A connection to the event store that survives when the store is unavailable. */
export class EventStore {
  private client: EventStoreDBClient;

  /**
   * @param url connection string, as `esdb://127.0.0.1:2113?tls=false`
   * @param codec what turns stored events into those of the domain
   */
  constructor(
    readonly url: string,
    readonly codec: EventCodec = new EventCodec(),
  ) {
    this.client = this.connect();
  }

  /** A separate client, for a subscription. The caller disposes of it. A wrong revision is an answer, not an error. */
  connect(): EventStoreDBClient {
    const option = 'throwOnAppendFailure=false';
    return EventStoreDBClient.connectionString(`${this.url}${this.url.includes('?') ? '&' : '?'}${option}`);
  }

  /**
   * Appends events on top of a revision (-1: the stream must not exist yet). All of them or none.
   * @returns false when the stream is at another revision
   * @throws StoreUnavailableError when the store does not answer in time
   */
  async append(stream: string, events: EventData[], expected: number): Promise<boolean> {
    const expectedRevision: AppendExpectedRevision = expected < 0 ? NO_STREAM : BigInt(expected);
    const result = await this.withDeadline((client) =>
      client.appendToStream(stream, events, { expectedRevision }),
    );
    return result.success;
  }

  /** The events of a stream from a revision on; nothing when there is no such stream. */
  async *read(stream: string, from: number, limit?: number): AsyncGenerator<StoredEvent> {
    yield* this.events((client) =>
      client.readStream(stream, {
        direction: FORWARDS,
        fromRevision: BigInt(from),
        ...(limit === undefined ? {} : { maxCount: limit }),
      }),
    );
  }

  /** The last event of a stream. */
  async readLast(stream: string): Promise<StoredEvent | undefined> {
    const last = this.events((client) =>
      client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }),
    );
    for await (const event of last) return event;
    return undefined;
  }

  /** Resolves when the store answers a read; throws StoreUnavailableError otherwise. */
  async ping(): Promise<void> {
    await this.head();
  }

  /** The position of the last event of the whole store. */
  async head(): Promise<bigint> {
    const last = this.events((client) =>
      client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }),
    );
    for await (const event of last) return event.position?.commit ?? 0n;
    return 0n;
  }

  /** The position of the last event that was stored before a time; 0: none was. */
  async positionBefore(time: Date): Promise<bigint> {
    let from: typeof END | Position = END;
    for (;;) {
      const fromPosition: typeof from = from;
      const page: StoredEvent[] = await Array.fromAsync(
        this.events((client) => client.readAll({ direction: BACKWARDS, fromPosition, maxCount: pageSize })),
      );
      const found = page.find(({ created }) => created < time) ?? page.at(-1);
      if (found === undefined || found.created < time) return found?.position?.commit ?? 0n;
      from = found.position ?? END;
    }
  }

  /** Closes the connection; calls in flight fail. */
  async dispose(): Promise<void> {
    await dispose(this.client);
  }

  private async *events(
    read: (client: EventStoreDBClient) => AsyncIterable<ResolvedEvent>,
  ): AsyncGenerator<StoredEvent> {
    const { client } = this;
    try {
      for await (const { event } of read(client)) if (event) yield event;
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) return;
      throw this.failed(client, error);
    }
  }

  /** The client waits indefinitely when its stream ends without an answer, so each call has a time limit of ours. */
  private async withDeadline<T>(call: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
    const { client } = this;
    try {
      return await withTimeout(call(client), deadline, () => new StoreUnavailableError());
    } catch (error) {
      throw this.failed(client, error);
    }
  }

  /** A client that failed once may keep failing, so it is replaced; its other calls in flight end. */
  private failed(client: EventStoreDBClient, error: unknown): unknown {
    if (!isStoreUnavailable(error)) return error;
    if (client === this.client) {
      this.client = this.connect();
      void dispose(client);
    }
    return error instanceof StoreUnavailableError ? error : new StoreUnavailableError({ cause: error });
  }
}

/** Ends a client's streams. It waits for each of them to close, which some never do, so not for long. */
export async function dispose(client: EventStoreDBClient): Promise<void> {
  await withTimeout(client.dispose(), 250, () => new Error('streams still open')).catch(() => undefined);
}
