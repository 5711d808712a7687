import type { Pool } from 'pg';
import type { RecordedEvent } from '#domain';
import { contextOf } from '#domain';
import type { DataKeys } from '#privacy';
import type { EventStore } from '#sessions';
import { readEvents, readPartner, readSession, UnprojectableEventError } from '#sessions';
import { sessionsBefore } from '../erasure/rows.ts';
import { keptUpdatesOf } from '../queries/kept-updates.ts';
import { accessJson, keptUpdatesJson, tokensJson } from './rows.ts';

/** A file of an archive. Its text is generated while it is read, so that an archive takes no memory. */
export interface ArchiveFile {
  readonly name: string;
  readonly read: () => AsyncIterable<string>;
}

interface ArchivePorts {
  readonly store: EventStore;
  readonly pool: Pool;
  /** Undefined: nothing is encrypted. */
  readonly keys: DataKeys | undefined;
}

const readme = `All data that Turnstream has of one partner.

partner.json           what is remembered from one session to the next, and what was asked for with the data
sessions/<id>.json     the working context and all events of a session
sessions/<id>.txt      the same conversation for reading
tokens.json            what the tokens in the texts (tok_...) stand for
kept-updates.json      updates of other systems that are kept for the next session
access.json            who read the data unmasked, and what administrators did with them
`;

/** The files of a partner's archive; undefined: the partner is unknown. */
export async function archiveOf(ports: ArchivePorts, partnerId: string): Promise<ArchiveFile[] | undefined> {
  const { revision, state } = await readPartner(ports.store, partnerId);
  const rows = await sessionsBefore(ports.pool, partnerId, 'infinity');
  const ids = [...new Set([...rows, ...state.sessions.map(({ session_id }) => session_id)])].sort();
  const isKnown =
    revision >= 0 || ids.length > 0 || (await keptUpdatesOf(ports.pool, partnerId, '0', 1)).length > 0;
  if (!isKnown) return undefined;
  const { memory, privacy = {}, last_session_id } = state;
  const partner = { partner_id: partnerId, last_session_id, memory, privacy, sessions: ids };
  return [
    textFile('README.txt', readme),
    textFile('partner.json', `${JSON.stringify(partner, null, 2)}\n`),
    ...ids.flatMap((id) => [
      { name: `sessions/${id}.json`, read: () => sessionJson(ports.store, id) },
      { name: `sessions/${id}.txt`, read: () => sessionText(ports.store, id) },
    ]),
    { name: 'tokens.json', read: () => tokensJson(ports, partnerId) },
    { name: 'kept-updates.json', read: () => keptUpdatesJson(ports, partnerId) },
    { name: 'access.json', read: () => accessJson(ports, partnerId) },
  ];
}

function textFile(name: string, text: string): ArchiveFile {
  return {
    name,
    read: async function* read() {
      yield text;
    },
  };
}

async function* sessionJson(store: EventStore, id: string): AsyncGenerator<string> {
  yield `{\n"context": ${JSON.stringify(await contextIn(store, id))},\n"events": [`;
  let separator = '\n';
  for await (const { type, event_id, revision, data, metadata } of readEvents(store, id)) {
    const { occurred_at, actor } = metadata;
    yield separator + JSON.stringify({ revision, type, event_id, occurred_at, actor, data });
    separator = ',\n';
  }
  yield '\n]\n}\n';
}

/** Null: an event of the session cannot be folded; the archive still has its events. */
async function contextIn(store: EventStore, id: string): Promise<object | null> {
  try {
    const session = await readSession(store, id);
    return session === undefined ? null : contextOf(session);
  } catch (error) {
    if (error instanceof UnprojectableEventError) return null;
    throw error;
  }
}

async function* sessionText(store: EventStore, id: string): AsyncGenerator<string> {
  yield `Session ${id}\n\n`;
  for await (const event of readEvents(store, id)) yield `${lineOf(event)}\n`;
}

function lineOf(event: RecordedEvent): string {
  const at = event.metadata.occurred_at.replace('T', ' ').slice(0, 19);
  if (event.type !== 'TurnRecorded') return `${at}  ${event.type}  ${JSON.stringify(event.data)}`;
  const { sender, message_text } = event.data;
  return `${at}  ${sender}: ${message_text.replaceAll('\n', '\n    ')}`;
}
