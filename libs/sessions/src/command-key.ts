import type { Session } from '#domain';
import { isStarted } from '#domain';
import type { DataKey } from '#privacy';
import { erased, PartnerErasedError } from '#privacy';
import type { EventCodec } from './codec.ts';
import type { CommandRequest } from './command-request.ts';

/**
 * The key that seals what a request says: of the session's partner, or of whom a command starts it for. Undefined: none is
 * needed, without keys, without a partner, or to erase a session. `erased`: the partner gets none.
 * @throws KeyStoreUnavailableError
 */
export async function keyFor(
  codec: EventCodec,
  { state }: Session,
  { commands }: CommandRequest,
): Promise<DataKey | undefined | typeof erased> {
  if (state.session.status === 'erased' || commands.every(({ type }) => type === 'EraseSession'))
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
