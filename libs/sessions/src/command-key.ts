import type { Session } from '#domain';
import { isCellCommand, isStarted } from '#domain';
import type { DataKey } from '#privacy';
import { erased, PartnerErasedError } from '#privacy';
import type { EventCodec } from './codec.ts';
import type { CommandRequest } from './command-request.ts';
import type { EventStore } from './store.ts';

/**
 * The key that seals what a request says: of the session's partner, or of whom a command starts it for. Undefined: none is
 * needed, without keys, without a partner, to erase a session or to move it. `erased`: the partner gets none.
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

/** Whether `keyFor` may make a key in a cell, for the partner of a session that may have left it. */
export function makesKey(
  { cell, codec }: Pick<EventStore, 'cell' | 'codec'>,
  { state }: Session,
  { commands }: CommandRequest,
): boolean {
  if (cell === undefined || !isStarted(state) || state.session.status === 'erased') return false;
  return !commands.every(isCellCommand) && !codec.hasKeyOf(state.identity.partner_id);
}
