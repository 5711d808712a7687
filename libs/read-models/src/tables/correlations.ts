import { hash } from 'node:crypto';
import type { RecordedEvent } from '#domain';
import { isAgentEvent } from '#domain';
import type { CorrelationRow } from './rows.ts';

/** What stands for a correlation id in `event_correlation`: a caller may have put anything into it, of any length. */
export function correlationKey(correlationId: string): string {
  return hash('sha256', correlationId, 'buffer').readBigInt64BE().toString();
}

/** Where an event of a correlation is. Those that say who serves a session were set off by no message. */
export function correlationOf(
  session_id: string,
  { type, revision, metadata }: RecordedEvent,
): CorrelationRow | undefined {
  if (isAgentEvent(type)) return undefined;
  const correlation = correlationKey(metadata.$correlationId);
  return { session_id, correlation, first_revision: revision, last_revision: revision };
}

/** The rows of correlations, each once. `row` is later than those that are there. */
export function addCorrelation(rows: Map<string, CorrelationRow>, row: CorrelationRow): void {
  const key = `${row.session_id}/${row.correlation}`;
  const { first_revision } = rows.get(key) ?? row;
  rows.set(key, { ...row, first_revision });
}
