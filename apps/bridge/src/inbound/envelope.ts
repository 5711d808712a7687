import type { DeclaredTopic, Place } from '#declarations';
import type { Json, JsonObject } from '#domain';
import { mapJson } from '#domain';
import type { Received } from '#messaging';
import { headerText, identityOf, nameLimit, NonRetryableError, parseJson, readCloudEvent } from '#messaging';
import { idOf } from './resolve.ts';

/** A message in a form independent of its format: the input of a declaration's pointers, and its identity. */
export interface Envelope {
  readonly source_event_id: string;
  readonly id: string;
  readonly type: string;
  readonly time: Json;
  /** A subject longer than any id counts as none. */
  readonly subject: string | null;
  readonly key: string | null;
  readonly data: Json;
}

/** @throws NonRetryableError when the message does not have the format of its topic */
export function envelopeOf(topic: DeclaredTopic, message: Received): Envelope {
  return topic.format === 'cloudevents' ? ofCloudEvent(message) : ofJson(topic, message);
}

function ofCloudEvent(message: Received): Envelope {
  const event = readCloudEvent(message);
  return {
    source_event_id: identityOf(event),
    id: event.id,
    type: event.type,
    time: event.time ?? null,
    subject: idOf(event.subject) ?? null,
    key: keyOf(message),
    data: (event.data ?? null) as Json,
  };
}

/** Ids have to be unique within their topic. */
function ofJson(topic: DeclaredTopic, message: Received): Envelope {
  if (message.value === null) throw new NonRetryableError('not_json', 'The message has no value.');
  const data = parseJson(message.value) as Json;
  const id = nameAt(topic.id, data, message);
  if (id === undefined)
    throw new NonRetryableError('schema_broken', `The message has no id ${wordsFor(topic.id)}.`);
  const [only = ''] = Object.keys(topic.types);
  const type = topic.type === undefined ? only : nameAt(topic.type, data, message);
  if (type === undefined)
    throw new NonRetryableError('unknown_type', `The message has no type ${wordsFor(topic.type)}.`);
  return {
    source_event_id: identityOf({ source: message.topic, id }),
    id,
    type,
    time: valueAt(topic.time, data, message) ?? null,
    subject: null,
    key: keyOf(message),
    data,
  };
}

/** An id or type: a text or a whole number. */
function nameAt(place: Place | undefined, data: Json, message: Received): string | undefined {
  return idOf(valueAt(place, data, message), nameLimit);
}

function valueAt(place: Place | undefined, data: Json, { headers }: Received): Json | undefined {
  if (place === undefined) return undefined;
  return 'header' in place
    ? headerText(headers, place.header.toLowerCase())
    : mapJson(place.pointer, data as JsonObject).value;
}

function wordsFor(place: Place | undefined): string {
  if (place === undefined) return '';
  return 'header' in place ? `in the header ${place.header}` : `at ${place.pointer}`;
}

function keyOf({ key }: Received): string | null {
  return key === null ? null : key.toString('utf8');
}
