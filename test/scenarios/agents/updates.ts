import { randomUUID } from 'node:crypto';
import type { CommandResult, Session } from '@turnstream/sdk';

/**
 * Records an external update in a session.
 * @param options size in characters; id of the source's event, by default a new one
 */
export function recordUpdate(
  session: Session,
  { size = 100, id = randomUUID() }: { size?: number; id?: string } = {},
): Promise<CommandResult> {
  return session.externalUpdate({
    system: 'orders',
    kind: 'status_changed',
    reference: 'ORD9823',
    source_event_id: id,
    data: { status: 'out_for_delivery', note: 'x'.repeat(size) },
  });
}
