import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { UnavailableError } from '@eventstore/db-client';
import { convertToCommandError } from '@eventstore/db-client/dist/utils/CommandError.js';
import { withTimeout } from '#platform';
import type { AppendAnswer, AppendOutcome } from './append-answer.ts';
import type { NewEvent } from './append-request.ts';
import { appendRequest } from './append-request.ts';
import { NoAnswerError } from './errors.ts';
import type { BatchAppendCall } from './hidden.ts';
import { openBatchAppend } from './hidden.ts';

type Waiting = PromiseWithResolvers<AppendAnswer>;

/**
 * The one long call on which a connection's appends are sent and answered. The client has one of its own, but keeps the
 * appends of all connections of a process in one list: the end of a replaced connection would fail those of its successor.
 */
export class AppendStream {
  private readonly waiting = new Map<string, Waiting>();
  private readonly call: Promise<BatchAppendCall>;
  private failure: Error | undefined;

  /** @param onAnswer called with each answer of the server */
  constructor(
    client: EventStoreDBClient,
    private readonly onAnswer: () => void,
  ) {
    this.call = openBatchAppend(client).then((call) => this.listenTo(call));
    this.call.catch((error: Error) => this.end(error));
  }

  /** Whether the call has ended: no append can be sent any more. */
  get ended(): boolean {
    return this.failure !== undefined;
  }

  /** @throws the client's errors, NotReadyError, NoAnswerError: whether the events were recorded is then not known */
  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: number,
    limitMs: number,
  ): Promise<AppendOutcome> {
    const id = randomUUID();
    const waiting = Promise.withResolvers<AppendAnswer>();
    this.waiting.set(id, waiting);
    // What waits to be written is bounded by the callers, each of which waits for its answer.
    this.call
      .then((call) => call.write(appendRequest(id, stream, events, expected)))
      .catch((error: unknown) => waiting.reject(this.failure ?? error));
    try {
      const answer = await withTimeout(waiting.promise, limitMs, () => new NoAnswerError(limitMs));
      return answer.outcome(stream);
    } finally {
      this.waiting.delete(id);
    }
  }

  /** Ends the call; appends that wait fail. */
  cancel(): void {
    this.call.then(
      (call) => call.cancel(),
      () => undefined,
    );
  }

  private listenTo(call: BatchAppendCall): BatchAppendCall {
    call.on('data', (answer: AppendAnswer) => {
      this.onAnswer();
      // Without one, its caller has given up.
      this.waiting.get(answer.id)?.resolve(answer);
    });
    call.on('error', (error) => this.end(convertToCommandError(error)));
    call.on('end', () => this.end(new UnavailableError(undefined, 'The server ended the call.')));
    return call;
  }

  private end(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.values()) reject(error);
  }
}
