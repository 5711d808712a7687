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
 * The one long call on which a connection's appends are sent and answered. The client's own batch append keeps the
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

  /** @throws the client's errors, NotReadyError, NoAnswerError: the events may be recorded */
  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: number,
    limitMs: number,
  ): Promise<AppendOutcome> {
    const id = randomUUID();
    const waiting = Promise.withResolvers<AppendAnswer>();
    this.waiting.set(id, waiting);
    // Callers bound what waits to be written, since each waits for its answer.
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

  /** Ends the call; pending appends fail. */
  cancel(): void {
    this.call.then(
      (call) => call.cancel(),
      () => undefined,
    );
  }

  private listenTo(call: BatchAppendCall): BatchAppendCall {
    call.on('data', (answer: AppendAnswer) => {
      this.onAnswer();
      // No entry: the caller has given up.
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
