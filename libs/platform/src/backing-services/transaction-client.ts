import { callbackify } from 'node:util';
import { Client, DatabaseError } from 'pg';
import type { ClientConfig, QueryConfig, QueryResult } from 'pg';

type Done = (error: unknown, result?: QueryResult) => void;
type Send = (query: QueryConfig) => Promise<QueryResult>;

/**
 * Makes `SET` statements, and calls of `set_config` that end with `false`, local to one transaction. A transaction has already read
 * the `default_transaction_…` settings when it begins, so its own setting is used instead.
 */
function localSettings(settings: string): string {
  return settings
    .replaceAll(/\bSET (?=[a-z])/gi, 'SET LOCAL ')
    .replaceAll(/\bdefault_(?=transaction_)/gi, '')
    .replaceAll(', false)', ', true)');
}

/**
 * A client class for a pooler that assigns a server connection per transaction, such as PgBouncer in transaction mode: each
 * transaction applies the connection's settings itself, and a statement outside a transaction gets its own one.
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
          // After any other error the connection no longer answers, and the transaction ends with it.
          if (error instanceof DatabaseError && isInside()) await send({ text: 'ROLLBACK' });
          throw error;
        }
      };
      const query = (given: string | QueryConfig, second?: unknown[] | Done, third?: Done): unknown => {
        // For example a COPY, which is part of a transaction.
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
