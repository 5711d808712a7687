import type { JsonObject } from '#domain';
import type { AnyRules } from './mask.ts';
import { maskJson } from './mask.ts';
import { rulesOfEvent } from './event-rules.ts';

/** Ids of commands contain ids of messages, which may contain a phone number. */
const metadataRules: AnyRules = {
  command_id: 'masked',
  command_aliases: 'masked',
  command_hash: 'masked',
  $causationId: 'masked',
  tokens: 'masked',
  '*': 'plain',
};

/** An event in an answer, with or without its metadata. */
interface ShownEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata?: object;
}

export function maskEvent<E extends ShownEvent>(event: E): E {
  const { type, data, metadata } = event;
  const shown = { ...event, data: maskJson(data as JsonObject, rulesOfEvent(type)) };
  return metadata === undefined
    ? shown
    : { ...shown, metadata: maskJson(metadata as JsonObject, metadataRules) };
}
