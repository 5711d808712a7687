import { hash } from 'node:crypto';
import type { RecordedEvent } from '#domain';
import { isAgentEvent } from '#domain';
import type { CorrelationRow } from './rows.ts';

/** The stored form of a correlation id in `event_correlation`: a caller may send any text of any length. */
export function correlationKey(correlationId: string): string {
  // In hexadecimal, which takes half the time of bytes.
  return BigInt.asIntN(64, BigInt(`0x${hash('sha256', correlationId, 'hex').slice(0, 16)}`)).toString();
}

/** The place of an event of a correlation. Events that only record who serves a session are left out: no message caused them. */
export function correlationOf(
  session_id: string,
  { type, revision, metadata }: RecordedEvent,
): CorrelationRow | undefined {
  if (isAgentEvent(type)) return undefined;
  const correlation = correlationKey(metadata.$correlationId);
  return { session_id, correlation, first_revision: revision, last_revision: revision };
}

/** The rows of correlations, each once. `row` is later than the existing ones. */
export function addCorrelation(rows: Map<string, CorrelationRow>, row: CorrelationRow): void {
  const key = `${row.session_id}/${row.correlation}`;
  const earlier = rows.get(key);
  rows.set(key, earlier ? { ...row, first_revision: earlier.first_revision } : row);
}
