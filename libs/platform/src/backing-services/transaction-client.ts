import { callbackify } from 'node:util';
import { Client, DatabaseError } from 'pg';
import type { ClientConfig, QueryConfig, QueryResult } from 'pg';

type Done = (error: unknown, result?: QueryResult) => void;
type Send = (query: QueryConfig) => Promise<QueryResult>;

/**
 * `SET` statements, and calls of `set_config` that end with `false`, as they count for one transaction only. What a transaction is
 * by default has been read when it begins: there its own setting counts.
 */
function localSettings(settings: string): string {
  return settings
    .replaceAll(/\bSET (?=[a-z])/gi, 'SET LOCAL ')
    .replaceAll(/\bdefault_(?=transaction_)/gi, '')
    .replaceAll(', false)', ', true)');
}

/**
 * A client class for a pooler that gives a connection of the server to each transaction, as PgBouncer in transaction mode: what
 * one of its own would have as settings, each transaction sets for itself, and a statement outside of one gets one.
 */
export function transactionClient(settings: string): typeof Client {
  const local = localSettings(settings);
  return class extends Client {
    constructor(config?: string | ClientConfig) {
      super(config);
      const send = this.query.bind(this) as Send;
      let before: Promise<unknown> = Promise.resolve();
      const isInside = (): boolean => ['T', 'E'].includes(this.getTransactionStatus() ?? 'I');
      const inTransaction = async (query: QueryConfig): Promise<QueryResult> => {
        if (isInside()) return send(query);
        const begin = /^\s*BEGIN[^;]*/i.exec(query.text)?.[0];
        if (begin !== undefined)
          return send({ ...query, text: `${begin}; ${local}${query.text.slice(begin.length)}` });
        await send({ text: `BEGIN; ${local}` });
        try {
          const result = await send(query);
          await send({ text: 'COMMIT' });
          return result;
        } catch (error) {
          // After any other error nothing more is answered: the transaction goes with the connection.
          if (error instanceof DatabaseError && isInside()) await send({ text: 'ROLLBACK' });
          throw error;
        }
      };
      const query = (given: string | QueryConfig, second?: unknown[] | Done, third?: Done): unknown => {
        // Such as a COPY: it is part of a transaction.
        if (typeof given === 'object' && 'submit' in given)
          return (send as (item: unknown) => unknown)(given);
        const done = typeof second === 'function' ? second : third;
        const values = Array.isArray(second) ? { values: second } : {};
        const whole = { ...(typeof given === 'string' ? { text: given } : given), ...values };
        const answer = before.then(() => inTransaction(whole));
        before = answer.catch(() => undefined);
        if (done === undefined) return answer;
        callbackify(() => answer)(done);
        return undefined;
      };
      this.query = query as unknown as Client['query'];
    }
  };
}
