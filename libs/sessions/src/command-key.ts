import type { Session } from '#domain';
import { isCellCommand, isStarted } from '#domain';
import type { DataKey } from '#privacy';
import { erased, PartnerErasedError } from '#privacy';
import type { EventCodec } from './codec.ts';
import type { CommandRequest } from './command-request.ts';
import type { EventStore } from './store.ts';

/**
 * The key that seals the personal data of a request: that of the session's partner, or of the partner for whom a command starts it.
 * Undefined: none is needed (no keys, no partner, erasing or moving a session). `erased`: the partner gets no key.
 * @throws KeyStoreUnavailableError
 */
export async function keyFor(
  codec: EventCodec,
  { state }: Session,
  { commands }: CommandRequest,
): Promise<DataKey | undefined | typeof erased> {
  if (
    state.session.status === 'erased' ||
    commands.every((item) => item.type === 'EraseSession' || isCellCommand(item))
  )
    return undefined;
  const start = commands.find((item) => item.type === 'StartSession' || item.type === 'ForkSession');
  const partnerId = isStarted(state) ? state.identity.partner_id : start?.partner_id;
  if (partnerId === undefined) return undefined;
  try {
    return await codec.keyOf(partnerId);
  } catch (error) {
    if (error instanceof PartnerErasedError) return erased;
    throw error;
  }
}

/** Whether `keyFor` would make a key in this cell for the partner of a session that may have left it. */
export function makesKey(
  { cell, codec }: Pick<EventStore, 'cell' | 'codec'>,
  { state }: Session,
  { commands }: CommandRequest,
): boolean {
  if (cell === undefined || !isStarted(state) || state.session.status === 'erased') return false;
  return !commands.every(isCellCommand) && !codec.hasKeyOf(state.identity.partner_id);
}
