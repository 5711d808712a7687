import type { RecordedEvent } from '#domain';
import { stemOf, typeOfToken } from '#privacy';
import type { TokenRow } from './rows.ts';

/** The sealed values of an event's tokens. Pure. */
export function tokensOf(session_id: string, { event_id, revision, metadata }: RecordedEvent): TokenRow[] {
  const { partner_id, tokens } = metadata;
  if (partner_id === undefined || tokens === undefined) return [];
  return Object.entries(tokens).flatMap(([token, sealed]) => {
    const type = typeOfToken(token);
    if (type === undefined || stemOf(token) !== token) return [];
    return [{ partner_id, token, session_id, type, sealed, event_id, revision }];
  });
}
