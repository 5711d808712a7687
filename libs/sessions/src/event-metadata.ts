import type { EventMetadata } from '#domain';
import type { StoredEvent } from './client/page.ts';
import type { SealedFields } from './sealed-events.ts';
import { areTogether } from './sealed-events.ts';
import type { EventFields } from './upcasters.ts';

/** Ids of one command at most: a Redis script takes only some thousand values at once. */
const mostAliases = 2_000;

/** A SHA-256 in base64url. */
const chain = /^[\w-]{43}$/;

/** Sealed fields that metadata may name at most: no event has more. */
const mostSealed = 100;
/** The metadata of an event. Defaults stand in when another program wrote the event without our metadata. */
export function metadataOf(stored: StoredEvent): EventMetadata {
  const written = stored.metadata;
  if (written === undefined) return defaultsOf(stored, {});
  // Metadata that is not a JSON object has no version either.
  if (!isFields(written)) return { ...defaultsOf(stored, {}), schema_version: Number.NaN };
  const isRight = (name: string): boolean => metadataChecks.get(name)?.(written[name]) ?? true;
  const names = Object.keys(written);
  if (names.every(isRight))
    return isComplete(written) ? written : { ...defaultsOf(stored, written), ...written };
  const right = Object.fromEntries(names.filter(isRight).map((name) => [name, written[name]]));
  return { ...defaultsOf(stored, right), ...right };
}

/** Whether no default is missing, as in all metadata that Turnstream writes: copying them takes long. */
function isComplete(written: EventFields): written is EventFields & EventMetadata {
  return needed.every((name) => Object.hasOwn(written, name));
}

const needed = ['schema_version', 'occurred_at', 'actor', '$correlationId'];

/** Formatting a time takes long, so it is left empty where another one follows. */
function defaultsOf({ id, created }: StoredEvent, following: EventFields): EventMetadata {
  return {
    schema_version: 1,
    occurred_at: Object.hasOwn(following, 'occurred_at') ? '' : created.toISOString(),
    actor: { role: 'system', id: 'unknown' },
    $correlationId: id,
  };
}

/** Validates the fields of metadata: other programs may have written anything. */
const metadataChecks: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries({
    occurred_at: isText,
    actor: isActor,
    $correlationId: isText,
    $causationId: isText,
    traceparent: isText,
    command_id: isText,
    command_hash: isText,
    command_aliases: (value: unknown) =>
      Array.isArray(value) && value.length <= mostAliases && value.every(isText),
    command_event: Number.isSafeInteger,
    command_events: Number.isSafeInteger,
    agent_epoch: Number.isSafeInteger,
    forked_from: isText,
    cell: isText,
    sealed: isSealed,
    partner_id: isText,
    chain: (value: unknown) => typeof value === 'string' && chain.test(value),
    tokens: (value: unknown) => isFields(value) && Object.values(value).every(isText),
  }),
);

/** The sealing information of a stored event. */
export function sealedIn({ metadata }: StoredEvent): SealedFields | undefined {
  if (!isFields(metadata) || !isSealed(metadata['sealed'])) return undefined;
  return metadata;
}

/** A stored event of which only some sealed fields will be opened: the others stay sealed, unless they are sealed as one. */
export function openingOnly(stored: StoredEvent, opens: (field: string) => boolean): StoredEvent {
  const { sealed = [] } = sealedIn(stored) ?? {};
  if (sealed.every(opens)) return stored;
  if (sealed.some(opens) && isFields(stored.data) && areTogether(stored.data, sealed)) return stored;
  const metadata = { ...(stored.metadata as EventFields), sealed: sealed.filter(opens) };
  return { ...stored, metadata };
}

function isSealed(value: unknown): boolean {
  return Array.isArray(value) && value.length <= mostSealed && value.every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

export function isFields(value: unknown): value is EventFields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function isActor(value: unknown): value is EventMetadata['actor'] {
  if (!isFields(value)) return false;
  const { role, id, instance } = value;
  return isText(role) && isText(id) && (instance === undefined || isText(instance));
}
