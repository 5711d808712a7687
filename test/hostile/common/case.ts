import type { EventData } from '@eventstore/db-client';

/** The target of the cases. */
export interface Target {
  /** An address of the api. */
  readonly url: string;
  readonly eventStoreUrl: string;
  /** A session that stays active while the cases run. */
  readonly session: string;
  /** Writes events to a stream, as a foreign program could. */
  readonly append: (stream: string, events: readonly EventData[]) => Promise<unknown>;
}

/** A hostile input and the expected answer. */
export interface Case {
  readonly name: string;
  /**
   * For example `400 validation_failed`. Alternatives are separated by `|`; `4xx` is any such status, and a status
   * alone is any answer with it.
   */
  readonly expected: string;
  /** Sends it and returns the answer. */
  readonly send: (target: Target) => Promise<string>;
}

/** Whether an answer is an expected one. */
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
