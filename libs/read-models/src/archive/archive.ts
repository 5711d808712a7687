import type { Pool } from 'pg';
import type { PartnerState } from '#domain';
import { newPartner } from '#domain';
import type { DataKeys } from '#privacy';
import type { EventStore } from '#sessions';
import { readPartner, UnprojectableEventError } from '#sessions';
import { sessionsBefore } from '../erasure/rows.ts';
import { keptUpdatesOf } from '../queries/kept-updates.ts';
import { sessionsActiveSince } from '../queries/sessions.ts';
import { Problems } from './problems.ts';
import { accessJson, keptUpdatesJson, tokensJson } from './rows.ts';
import { sessionJson, sessionText } from './sessions.ts';

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

/** How far back an archive goes (ISO 8601); undefined: without limit. */
export interface ArchiveLimits {
  /** Only sessions whose rows say that they are active, or were since then. */
  readonly active_since?: string | undefined;
  /** Without earlier entries of the access log. */
  readonly access_since?: string | undefined;
}

const readme = `All data that Turnstream has of one partner.

partner.json           what is remembered from one session to the next, and what was asked for with the data
sessions/<id>.json     the working context and all events of a session
sessions/<id>.txt      the same conversation for reading
tokens.json            what the tokens in the texts (tok_...) stand for
kept-updates.json      updates of other systems that are kept for the next session
access.json            who read the data unmasked, and what administrators did with them
problems.txt           what could not be read: it is shown as it is stored, or without its value, with its "problem"
`;

/** The files of a partner's archive; undefined: the partner is unknown. */
export async function archiveOf(
  ports: ArchivePorts,
  partnerId: string,
  { active_since, access_since }: ArchiveLimits = {},
): Promise<ArchiveFile[] | undefined> {
  const problems = new Problems();
  const state = await partnerIn(ports.store, partnerId, problems);
  const { sessions = [], ...partner } = state ?? remembersNothing;
  const found =
    active_since === undefined
      ? [...(await sessionsBefore(ports.pool, partnerId, 'infinity')), ...sessions]
      : await sessionsActiveSince(ports.pool, partnerId, active_since);
  const ids = [...new Set(found)].sort();
  const isKnown =
    state !== undefined || ids.length > 0 || (await keptUpdatesOf(ports.pool, partnerId, '0', 1)).length > 0;
  if (!isKnown) return undefined;
  const shown = { partner_id: partnerId, ...partner, sessions: ids };
  return [
    textFile('README.txt', readme),
    textFile('partner.json', `${JSON.stringify(shown, null, 2)}\n`),
    ...ids.flatMap((id) => {
      const name = `sessions/${id}`;
      return [
        { name: `${name}.json`, read: () => sessionJson(ports.store, id, `${name}.json`, problems) },
        { name: `${name}.txt`, read: () => sessionText(ports.store, id) },
      ];
    }),
    { name: 'tokens.json', read: () => tokensJson(ports, partnerId, problems, active_since) },
    { name: 'kept-updates.json', read: () => keptUpdatesJson(ports, partnerId, problems) },
    { name: 'access.json', read: () => accessJson(ports, partnerId, access_since) },
    { name: 'problems.txt', read: () => problems.text() },
  ];
}

const remembersNothing: PartnerFile = {
  last_session_id: newPartner.last_session_id,
  memory: newPartner.memory,
  privacy: {},
};

type PartnerFile = Partial<Pick<PartnerState, 'last_session_id' | 'memory' | 'privacy'>> & {
  readonly problem?: string;
  /** The sessions that the partner's stream names. */
  readonly sessions?: readonly string[];
};

/** What is remembered of a partner; undefined: nothing was ever recorded. */
async function partnerIn(
  store: EventStore,
  partnerId: string,
  problems: Problems,
): Promise<PartnerFile | undefined> {
  try {
    const { revision, state } = await readPartner(store, partnerId);
    if (revision < 0) return undefined;
    const { memory, privacy = {}, last_session_id } = state;
    return { last_session_id, memory, privacy, sessions: state.sessions.map(({ session_id }) => session_id) };
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
    problems.add('partner.json', `what is remembered is left out: ${error.message}`);
    return { problem: error.reason };
  }
}

function textFile(name: string, text: string): ArchiveFile {
  return {
    name,
    read: async function* read() {
      yield text;
    },
  };
}
