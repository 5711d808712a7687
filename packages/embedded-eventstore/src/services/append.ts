import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import type { ExpectedRevision, ProposedEvent } from '../store/records.ts';
import {
  encodeAppendSuccess,
  encodeWrongVersion,
  sizeOf,
  type AppendRequest,
} from '../wire/append-messages.ts';
import type { User } from '../rpc/access.ts';
import { requireValidStream, toProposedEvent } from './append-events.ts';
import type { ServiceContext } from './context.ts';
import { submitAppend } from './submit-append.ts';
import {
  invalidArgument,
  maximumAppendSizeExceeded,
  notReady,
  operationTimeout,
  shuttingDown,
  streamDeleted,
  toRpcError,
} from '../rpc/errors.ts';

/** Streams.Append: the options first, then one message per event. */
export const appendService =
  (context: ServiceContext) =>
  (call: ServerReadableStream<AppendRequest, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const pending = new PendingAppend(context);
    let answered = false;
    const openCall = {
      get heldBytes() {
        return pending.heldBytes;
      },
      shutdown: () => answer(shuttingDown()),
    };
    context.openCalls.add(openCall);
    const timer = setTimeout(() => answer(operationTimeout()), context.appendTimeoutMs);
    const answer = (error: unknown, response?: Buffer): void => {
      if (answered) return;
      answered = true;
      clearTimeout(timer);
      pending.release();
      context.openCalls.delete(openCall);
      callback(error === undefined ? null : toRpcError(error), response ?? null);
    };
    const attempt = (action: () => void): void => {
      try {
        if (!answered) action();
      } catch (error) {
        answer(error);
      }
    };
    call.on('data', (request: AppendRequest) => {
      attempt(() => pending.add(request, () => context.access.authenticate(call.metadata)));
    });
    call.on('error', answer);
    call.on('cancelled', () => answer(shuttingDown()));
    call.on('end', () => {
      clearTimeout(timer);
      attempt(() => pending.commit(answer));
    });
  };

class PendingAppend {
  private stream: string | undefined;
  private expected: ExpectedRevision = 'any';
  private events: ProposedEvent[] = [];
  private size = 0;
  private bytes = 0;

  constructor(private readonly context: ServiceContext) {}

  get heldBytes(): number {
    return this.bytes;
  }

  /** Releases what has arrived. */
  release(): void {
    this.context.unfinished.release(this.bytes);
    this.bytes = 0;
    this.events = [];
  }

  add(request: AppendRequest, authenticate: () => User): void {
    if (this.stream === undefined) {
      const { stream, expected } = request.options ?? {};
      if (stream === undefined || expected === undefined)
        throw invalidArgument('The options must come first');
      this.context.access.require(authenticate(), stream, 'write');
      this.stream = requireValidStream(stream);
      this.expected = expected;
      return;
    }
    if (!request.event) throw invalidArgument('Only events may follow the options');
    const event = toProposedEvent(request.event);
    this.size += sizeOf(event);
    const { maxAppendSize } = this.context;
    if (this.size > maxAppendSize) throw maximumAppendSizeExceeded(maxAppendSize);
    this.context.unfinished.take(request.size);
    this.bytes += request.size;
    this.events.push(event);
  }

  commit(answer: (error: unknown, response?: Buffer) => void): void {
    const { stream, expected, events } = this;
    if (stream === undefined) throw invalidArgument('The options are missing');
    submitAppend(this.context, { stream, expected, events }, (error, outcome) => {
      if (error || !outcome) answer(error);
      else if (outcome.kind === 'written')
        answer(undefined, encodeAppendSuccess(outcome.revision, outcome.pos));
      else if (outcome.kind === 'wrong_version')
        answer(undefined, encodeWrongVersion(expected, outcome.current));
      else answer(REFUSALS[outcome.kind](stream));
    });
  }
}

const REFUSALS = { deleted: streamDeleted, not_ready: notReady, timeout: operationTimeout };
