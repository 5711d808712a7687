import type { EventData, JSONEventData } from '@eventstore/db-client';
import { randomBytes, randomUUID } from 'node:crypto';
import { sleep } from '#platform';
import type { Case } from '../common/case.ts';
import { authorization } from '../../../tools/shared/token.ts';

type Data = JSONEventData['data'];

const started = {
  session_id: '',
  partner_id: 'P-hostile',
  channel: 'whatsapp',
  language: 'hi',
  region: null,
  name: null,
  device: null,
  expires_in_s: 3_600,
  preferences: {},
  open_goals: [],
  previous_session_id: null,
};
const turn = {
  turn_id: '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10',
  message_id: null,
  sender: 'user',
  message_text: 'hi',
  parsed_intent: null,
  intent_confidence: null,
  extracted_entities: {},
  in_reply_to: null,
  bot_action: null,
};

const json = (type: string, data: unknown, metadata?: Data): EventData =>
  ({ contentType: 'application/json', id: randomUUID(), type, data, metadata }) as EventData;

const bytes = (type: string, data: Buffer): EventData => ({
  contentType: 'application/octet-stream',
  id: randomUUID(),
  type,
  data,
  metadata: undefined,
});

/** Incompressible text. */
const randomText = (length: number): string => randomBytes(length / 2).toString('hex');

function nested(depth: number): object {
  let value: object = {};
  for (let n = 0; n < depth; n += 1) value = { a: value };
  return value;
}

/**
 * A session whose stream a foreign program has written to. A read of it gives its context, or says that it is set
 * aside; nothing else is affected.
 */
const stream = (name: string, events: readonly EventData[], starts = true): Case => ({
  name: `log: ${name}`,
  expected: '200|404|503 session_set_aside',
  send: async ({ url, append }) => {
    const id = randomUUID();
    const first = starts ? [json('SessionStarted', { ...started, session_id: id })] : [];
    await append(`session-${id}`, [...first, ...events]);
    let answer = await contextOf(url, id);
    // A busy machine may not answer in time, and then says that the read is to be repeated.
    for (let attempt = 1; answer === '503 engine_unavailable' && attempt < 10; attempt += 1) {
      await sleep(1_000);
      answer = await contextOf(url, id);
    }
    return answer;
  },
});

async function contextOf(url: string, id: string): Promise<string> {
  const answer = await fetch(`${url}/v1/sessions/${id}/context`, {
    headers: authorization(),
    signal: AbortSignal.timeout(20_000),
  });
  const { type = '' } = (await answer.json()) as { type?: string };
  return [answer.status, type.split('/problems/')[1]].filter(Boolean).join(' ');
}

const turnWith = (what: string, members: object): Case =>
  stream(`a turn with ${what}`, [json('TurnRecorded', { ...turn, ...members })]);
const startWith = (what: string, members: object): Case =>
  stream(`a start with ${what}`, [json('SessionStarted', { ...started, ...members })], false);
const metadata = (what: string, members: Data): Case =>
  stream(`metadata with ${what}`, [json('FlagRaised', { flag: 'x', value: true }, members)]);

/** Events that no version of Turnstream has written. */
export const logCases: readonly Case[] = [
  turnWith('an intent of 5,000 characters', { parsed_intent: randomText(5_000) }),
  turnWith('an intent of 500,000 characters', { parsed_intent: randomText(500_000) }),
  turnWith('entities 3,000 levels deep', { extracted_entities: nested(3_000) }),
  turnWith('entities 100 levels deep', { extracted_entities: nested(100) }),
  turnWith('entities of 800 KB', { extracted_entities: { a: 'x'.repeat(800_000) } }),
  turnWith('U+0000 in its text', { message_text: 'a\0b' }),
  turnWith('half a surrogate pair', { message_text: 'a\ud800b' }),
  turnWith('no UUID as id', { turn_id: 'x' }),
  turnWith('a number as text', { message_text: 5 }),
  turnWith('a sender that does not exist', { sender: 'nobody' }),
  turnWith('a confidence of 1e300', { intent_confidence: 1e300 }),
  turnWith('a list as entities', { extracted_entities: [1, 2] }),
  turnWith('nothing', Object.fromEntries(Object.keys(turn).map((name) => [name, undefined]))),
  startWith('a partner id of 10 KB', { partner_id: randomText(10_240) }),
  startWith('a channel that does not exist', { channel: 'fax' }),
  startWith('a channel that is an object', { channel: { a: 1 } }),
  startWith('an expiry of 1e300 seconds', { expires_in_s: 1e300 }),
  startWith('an expiry of -1 second', { expires_in_s: -1 }),
  startWith('an expiry that is a text', { expires_in_s: 'soon' }),
  startWith('goals that are no list', { open_goals: 'x' }),
  startWith('preferences that are null', { preferences: null }),
  startWith('a language of 100 KB', { language: 'x'.repeat(100_000) }),
  startWith('a name with U+0000', { name: '\0' }),
  stream('the first event is no start', [json('TurnRecorded', turn)], false),
  stream('two starts', [json('SessionStarted', started)]),
  stream('an event of an unknown type', [json('SurpriseHappened', { a: 1 })]),
  stream('an event whose type is constructor', [json('constructor', { a: 1 })]),
  stream('an event whose type is __proto__', [json('__proto__', { a: 1 })]),
  stream('an event whose type has 1,000 characters', [json('x'.repeat(1_000), { a: 1 })]),
  stream('a system event', [json('$surprise', { a: 1 })]),
  stream('a system event of deletion', [json('$streamDeleted', { a: 1 })]),
  stream('a link to nowhere', [json('$>', '5@session-none')]),
  stream('bytes', [bytes('TurnRecorded', Buffer.alloc(1_000, 255))]),
  stream('no bytes', [bytes('TurnRecorded', Buffer.alloc(0))]),
  ...([null, [], 5, 'text', true] as const).map((data) =>
    stream(`the data ${JSON.stringify(data)}`, [json('FlagRaised', data)]),
  ),
  stream('the key __proto__', [json('FlagRaised', JSON.parse('{"flag":"x","value":{"__proto__":{"a":1}}}'))]),
  stream('the flag __proto__', [json('FlagRaised', { flag: '__proto__', value: true })]),
  stream('the flag constructor', [json('FlagRaised', { flag: 'constructor', value: true })]),
  stream('an end for a reason of 500 KB', [json('SessionEnded', { reason: 'x'.repeat(500_000) })]),
  stream('a goal that is an object', [json('GoalSet', { goal: { a: 1 }, step: null })]),
  stream('an inquiry without sources', [json('InquiryOpened', { inquiry_id: 'x' })]),
  stream('an answer to no inquiry', [
    json('InquiryAnswered', { inquiry_id: 'x', source: 'y', data: nested(500) }),
  ]),
  stream('an agent of epoch -1', [json('AgentAttached', { instance: 'x', epoch: -1, pool: '../x' })]),
  stream('an acknowledgement of 2^60', [json('UpdateAcknowledged', { revision: 2 ** 60, updates: 'x' })]),
  stream('an update of 3,000 levels', [
    json('ExternalUpdateRecorded', {
      system: 'x',
      kind: 'y',
      reference: 'r'.repeat(10_000),
      data: nested(3_000),
    }),
  ]),
  stream(
    'updates about an order of an odd name, or of none, at no time',
    [{ order: '__proto__' }, { order: {} }, 'x', null].map((references) =>
      json('ExternalUpdateRecorded', {
        system: 'orders',
        kind: 'y',
        reference: null,
        data: {},
        references,
        status: 'z',
        occurred_at_source: 'when',
        source_event_id: 7,
      }),
    ),
  ),
  metadata('version 99', { schema_version: 99 }),
  metadata('version -1', { schema_version: -1 }),
  metadata('version "x"', { schema_version: 'x' }),
  metadata('a time that is none', { schema_version: 1, occurred_at: 'now' }),
  metadata('a time in the year 300000', { schema_version: 1, occurred_at: '+300000-01-01T00:00:00.000Z' }),
  metadata('an actor that is a text', { schema_version: 1, actor: 'me' }),
  metadata('an actor of 500 KB', { schema_version: 1, actor: { role: 'agent', id: 'x'.repeat(500_000) } }),
  metadata('a correlation id that is a list', { schema_version: 1, $correlationId: [1] }),
  metadata('aliases that are no list', { schema_version: 1, command_id: 5, command_aliases: 'x' }),
  metadata('1e9 events of its command', { schema_version: 1, command_event: 0, command_events: 1e9 }),
];
