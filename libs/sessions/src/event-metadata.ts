import type { ResolvedEvent } from '@eventstore/db-client';
import type { EventMetadata } from '#domain';
import type { SealedFields } from './sealed-events.ts';
import type { EventFields } from './upcasters.ts';

/** An event as the event store's client reads it. */
export type StoredEvent = NonNullable<ResolvedEvent['event']>;

/** Ids of one command, at most: a script of Redis takes no more than some thousand values at once. */
const mostAliases = 2_000;

/** A SHA-256 in base64url. */
const chain = /^[\w-]{43}$/;

/** Metadata names no more sealed fields than that: no event has so many. */
const mostSealed = 100;
/** The metadata of an event. Where another program wrote an event without our metadata, defaults stand in for it. */
export function metadataOf(stored: StoredEvent): EventMetadata {
  const written = stored.metadata;
  const defaults = {
    schema_version: 1,
    occurred_at: stored.created.toISOString(),
    actor: { role: 'system', id: 'unknown' },
    $correlationId: stored.id,
  } as const;
  if (written === undefined) return defaults;
  // Metadata that is no JSON object says nothing of the version either.
  if (!isFields(written)) return { ...defaults, schema_version: Number.NaN };
  const wrong = metadataChecks.filter(
    ([name, isRight]) => Object.hasOwn(written, name) && !isRight(written[name]),
  );
  if (wrong.length === 0) return { ...defaults, ...written };
  const names = new Set(wrong.map(([name]) => name));
  const right = Object.entries(written).filter(([name]) => !names.has(name));
  return { ...defaults, ...Object.fromEntries(right) };
}

/** What the fields of metadata are: others may have written there what they like. */
const metadataChecks: readonly [string, (value: unknown) => boolean][] = Object.entries({
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
});

/** What a stored event says of what is sealed in it. */
export function sealedIn({ metadata }: StoredEvent): SealedFields | undefined {
  if (!isFields(metadata) || !isSealed(metadata['sealed'])) return undefined;
  return metadata;
}

/** A stored event of which only some sealed fields will be opened: the others stay as they are stored. */
export function openingOnly(stored: StoredEvent, opens: (field: string) => boolean): StoredEvent {
  const { sealed = [] } = sealedIn(stored) ?? {};
  if (sealed.every(opens)) return stored;
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
