import type { ServerDuplexStream } from '@grpc/grpc-js';
import { messageOf } from '../store/errors.ts';
import type { ExpectedRevision, ProposedEvent } from '../store/records.ts';
import { isInvalidStream } from '../store/stream-names.ts';
import { sizeOf } from '../wire/append-messages.ts';
import {
  encodeBatchError,
  encodeBatchSuccess,
  type BatchAppendRequest,
  type BatchError,
  type BatchOptions,
} from '../wire/batch-append.ts';
import type { User } from '../rpc/access.ts';
import { toProposedEvent } from './append-events.ts';
import {
  ACCESS_DENIED,
  badRequest,
  failureOf,
  refusalOf,
  sizeExceeded,
  TIMEOUT,
  TOO_BUSY_ERROR,
} from './batch-errors.ts';
import type { OpenCall } from '../rpc/open-call.ts';
import type { ServiceContext } from './context.ts';
import { submitAppend } from './submit-append.ts';
import { RpcError, shuttingDown, TOO_BUSY, toRpcError } from '../rpc/errors.ts';

/** Time limit of an append, in milliseconds, even with a later deadline. */
const WRITE_TIMEOUT_MS = 2_000;

const MAX_UNREAD_ANSWERS = 1_000;

interface Batch {
  readonly correlation: Buffer;
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: ProposedEvent[];
  readonly timer: NodeJS.Timeout | undefined;
  /** The size of its events, for the append limit, and of the messages that hold them. */
  size: number;
  bytes: number;
}

type Call = ServerDuplexStream<BatchAppendRequest, Buffer>;

/** Streams.BatchAppend: one long call in which each correlation id is a separate append. */
export const batchAppendService =
  (context: ServiceContext) =>
  (call: Call): void => {
    try {
      const session = new BatchSession(context, call, context.access.authenticate(call.metadata));
      session.start();
    } catch (error) {
      call.emit('error', toRpcError(error));
    }
  };

class BatchSession implements OpenCall {
  private readonly batches = new Map<string, Batch>();
  private committing = 0;
  private ended = false;
  private closed = false;
  private paused = false;

  constructor(
    private readonly context: ServiceContext,
    private readonly call: Call,
    private readonly user: User,
  ) {}

  start(): void {
    this.context.openCalls.add(this);
    this.call.on('data', (request: BatchAppendRequest) => this.receive(request));
    this.call.on('end', () => {
      this.ended = true;
      this.endIfIdle();
    });
    this.call.on('cancelled', () => this.close());
    this.call.on('error', () => this.close());
  }

  get heldBytes(): number {
    return [...this.batches.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  shutdown(): void {
    if (this.closed) return;
    this.close();
    this.call.emit('error', shuttingDown());
  }

  private receive(request: BatchAppendRequest): void {
    const key = request.correlation.toString('latin1');
    const { options, correlation } = request;
    try {
      if (options && !this.batches.has(key)) this.open(key, correlation, options, request.final);
      const batch = this.batches.get(key);
      if (!batch) return;
      for (const message of request.events) {
        const event = toProposedEvent(message);
        batch.size += sizeOf(event);
        batch.events.push(event);
      }
      const limit = this.context.maxAppendSize;
      if (batch.size > limit) this.fail(key, batch.correlation, batch.stream, sizeExceeded(limit));
      else if (request.final) this.commit(key, batch);
      else this.hold(batch, request.size);
    } catch (error) {
      const stream = options?.stream ?? this.batches.get(key)?.stream;
      const isBusy = error instanceof RpcError && error.message === TOO_BUSY;
      this.fail(key, correlation, stream, isBusy ? TOO_BUSY_ERROR : badRequest(messageOf(error)));
    }
  }

  private hold(batch: Batch, bytes: number): void {
    this.context.unfinished.take(bytes);
    batch.bytes += bytes;
  }

  private open(key: string, correlation: Buffer, options: BatchOptions, final: boolean): void {
    const { stream, expected, deadline } = options;
    const fail = (error: BatchError): void => this.fail(key, correlation, stream, error);
    if (!this.context.access.allows(this.user, stream ?? '', 'write')) return fail(ACCESS_DENIED);
    if (stream === undefined) return fail(badRequest('Required field StreamIdentifier not set.'));
    if (isInvalidStream(stream))
      return fail(badRequest(`'${stream.slice(0, 100)}' is not a valid stream name`));
    if (expected === undefined) return fail(badRequest('Required field ExpectedStreamPosition not set.'));
    const timeout = Math.min((deadline ?? Number.POSITIVE_INFINITY) - Date.now(), WRITE_TIMEOUT_MS);
    if (timeout <= 0) return fail(TIMEOUT);
    // A batch in one message is committed before a timer could fire.
    const timer = final ? undefined : setTimeout(() => fail(TIMEOUT), timeout);
    this.batches.set(key, { correlation, stream, expected, events: [], timer, size: 0, bytes: 0 });
  }

  private commit(key: string, batch: Batch): void {
    this.forget(key);
    this.committing++;
    const { correlation, stream, expected, events } = batch;
    submitAppend(this.context, { stream, expected, events }, (error, outcome) => {
      this.committing--;
      if (outcome?.kind === 'written')
        this.respond(encodeBatchSuccess(correlation, stream, outcome.revision, outcome.pos));
      else {
        const refusal = outcome ? refusalOf(stream, expected, outcome) : failureOf(error);
        this.respond(encodeBatchError(correlation, stream, refusal));
      }
      this.endIfIdle();
    });
  }

  private fail(key: string, correlation: Buffer, stream: string | undefined, error: BatchError): void {
    this.forget(key);
    this.respond(encodeBatchError(correlation, stream, error));
    this.endIfIdle();
  }

  private forget(key: string): void {
    const { timer, bytes = 0 } = this.batches.get(key) ?? {};
    clearTimeout(timer);
    this.context.unfinished.release(bytes);
    this.batches.delete(key);
  }

  private respond(response: Buffer): void {
    if (this.closed) return;
    this.call.write(response);
    if (this.paused || this.call.writableLength < MAX_UNREAD_ANSWERS) return;
    // Back-pressure: no more appends until the client reads its answers.
    this.paused = true;
    this.call.pause();
    this.call.once('drain', () => {
      this.paused = false;
      this.call.resume();
    });
  }

  private endIfIdle(): void {
    if (!this.ended || this.closed || this.committing > 0) return;
    this.close();
    this.call.end();
  }

  private close(): void {
    this.closed = true;
    this.context.openCalls.delete(this);
    for (const key of this.batches.keys()) this.forget(key);
  }
}
