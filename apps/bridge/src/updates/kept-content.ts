import { isPartnerId } from '#domain';
import type { DataKeys } from '#privacy';
import { seal } from '#privacy';
import { keptUpdatePlace, openKeptUpdate } from '#read-models';
import type { AboutUpdate } from './update.ts';

/**
 * Keys of updates that concern no known partner with a key, one per day; destroyed when the day's last update has expired. The
 * ids of partners have no slash.
 */
export const keptPartners = '/kept/';

/**
 * The stored content of a kept update: sealed if there are keys, with that of the partner whom it concerns. Creates no key for a partner: if the session is in
 * another cell, the partner's key comes from there.
 * @throws KeyStoreUnavailableError
 */
export async function toContent(
  keys: DataKeys | undefined,
  identity: string,
  item: AboutUpdate,
  partner: string | null,
): Promise<string> {
  const content = JSON.stringify(item);
  if (!keys) return content;
  const own = isPartnerId(partner) ? await keys.existing(partner) : undefined;
  const key = own ?? (await keys.of(`${keptPartners}${today()}`));
  return seal(key, keptUpdatePlace(identity), content) ?? content;
}

/**
 * The update of a stored content; undefined: its key is destroyed. @throws BrokenSealError, KeyStoreUnavailableError
 */
export async function fromContent(
  keys: DataKeys | undefined,
  identity: string,
  content: string,
): Promise<AboutUpdate | undefined> {
  const opened = await openKeptUpdate(keys, { identity, content });
  return opened === undefined ? undefined : (JSON.parse(opened) as AboutUpdate);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
