import type { EventData } from '@eventstore/db-client';

/** What the cases are sent to. */
export interface Target {
  /** An address of the api. */
  readonly url: string;
  readonly eventStoreUrl: string;
  /** A session that lives while the cases run. */
  readonly session: string;
  /** Writes events to a stream, as another program could. */
  readonly append: (stream: string, events: readonly EventData[]) => Promise<unknown>;
}

/** Something hostile, and the answer that it should get. */
export interface Case {
  readonly name: string;
  /**
   * As `400 validation_failed`. Alternatives are divided by `|`; `4xx` is any such status, and a status alone is any answer
   * with it.
   */
  readonly expected: string;
  /** Sends it and says what the answer was. */
  readonly send: (target: Target) => Promise<string>;
}

/** Whether an answer is one of those that are expected. */
export function isExpected(answer: string, expected: string): boolean {
  return expected.split('|').some((alternative) => {
    const [status = '', ...code] = alternative.trim().split(' ');
    const [given = '', ...rest] = answer.split(' ');
    const sameStatus = status.endsWith('xx')
      ? given.length === 3 && given[0] === status[0]
      : given === status;
    return sameStatus && (code.length === 0 || code.join(' ') === rest.join(' '));
  });
}
