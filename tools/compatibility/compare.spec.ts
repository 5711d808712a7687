import { describe, expect, test } from '@jest/globals';
import { announcesBreak, breaks } from './compare.ts';
import { eventBreaks } from './events.ts';
import { httpApiBreaks } from './http-api.ts';
import { messageBreaks } from './messages.ts';
import type { Schema } from './narrowed.ts';
import { presentRelease } from './release.ts';

const text = { type: 'string' };
const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});

const json = (schema: Schema) => ({ content: { 'application/json': { schema } } });
const events = (data: Schema, version = 1) => ({ TurnRecorded: { version, data } });
const document = (action: 'send' | 'receive', payload: Schema) => ({
  channels: { orders: { address: 'orders.events', messages: { updated: {} } } },
  operations: { orders: { action, channel: { $ref: '#/channels/orders' } } },
  components: { messages: { updated: { payload } } },
});

test('a release does not break itself', () => {
  expect(breaks(presentRelease(), presentRelease())).toEqual([]);
});

test('the API, the messages, the stored events and the migrations are all compared', () => {
  const before = { version: '1.0.0', openApi: { paths: { '/turns': { get: { responses: {} } } } } };
  const old = {
    ...before,
    asyncApi: document('send', text),
    events: events(text),
    migrations: { '1.sql': 'SELECT 1' },
  };
  const empty = { channels: {}, operations: {}, components: { messages: {} } };
  const now = {
    ...old,
    openApi: { paths: {} },
    asyncApi: empty,
    events: {},
    migrations: { '1.sql': 'SELECT 2' },
  };
  expect(breaks(old, now)).toEqual([
    'GET /turns is gone',
    'orders is gone',
    'TurnRecorded: the type is gone, but streams hold it',
    '1.sql was released: put the change into a new migration',
  ]);
});

describe('an HTTP API', () => {
  const api = (body: Schema, answer: Schema = text, parameters: object[] = []) => ({
    paths: {
      '/turns': {
        post: { parameters: parameters as never, requestBody: json(body), responses: { 201: json(answer) } },
      },
    },
  });
  const body = object({ sender: { enum: ['user', 'bot'] }, text: { ...text, maxLength: 10 } }, ['sender']);
  const changed = (more: Schema, required = ['sender']): Schema => ({
    ...body,
    properties: { ...(body['properties'] as object), ...more },
    required,
  });

  test.each<[string, Schema]>([
    ['takes another optional field', changed({ mood: text })],
    ['takes a longer text', changed({ text: { ...text, maxLength: 20 } })],
    ['takes another word', changed({ sender: { enum: ['user', 'bot', 'human'] } })],
    ['takes a number too', changed({ text: { type: ['string', 'number'] } })],
  ])('may be one that %s', (_what, after) => {
    expect(httpApiBreaks(api(body), api(after))).toEqual([]);
  });

  test.each<[string, Schema, string]>([
    ['needs another field', changed({ mood: text }, ['sender', 'mood']), 'mood may be missing'],
    ['knows a field no more', object({ sender: { enum: ['user', 'bot'] } }, ['sender']), 'text is not known'],
    ['takes a shorter text', changed({ text: { ...text, maxLength: 5 } }), 'text may break maxLength 5'],
    ['takes a word less', changed({ sender: { enum: ['user'] } }), 'sender may be bot'],
    ['takes a number instead', changed({ text: { type: 'number' } }), 'text may be of the type string'],
    [
      'wants a pattern',
      changed({ text: { ...text, maxLength: 10, pattern: '^a' } }),
      'text may break pattern ^a',
    ],
  ])('must not be one that %s', (_what, after, fault) => {
    expect(httpApiBreaks(api(body), api(after))).toEqual([`POST /turns: in the body, ${fault}`]);
  });

  test('may answer with more fields', () => {
    expect(httpApiBreaks(api(body, object({ id: text })), api(body, object({ id: text, at: text })))).toEqual(
      [],
    );
  });

  test('must not leave out a field of its answers', () => {
    expect(httpApiBreaks(api(body, object({ id: text }, ['id'])), api(body, object({ id: text })))).toEqual([
      'POST /turns: in the answer 201, id may be missing',
    ]);
  });

  test('must not answer with null where it was none', () => {
    expect(httpApiBreaks(api(body, text), api(body, { type: ['string', 'null'] }))).toHaveLength(1);
  });

  test('must not need another parameter', () => {
    const parameter = { name: 'limit', in: 'query', required: true, schema: text };
    expect(httpApiBreaks(api(body), api(body, text, [parameter]))).toEqual([
      'POST /turns: parameter query:limit may be missing',
    ]);
  });

  test('must not answer with another status instead', () => {
    const after = { '/turns': { post: { requestBody: json(body), responses: { 202: json(text) } } } };
    expect(httpApiBreaks(api(body), { paths: after })).toEqual([
      'POST /turns: is no longer answered with 201',
    ]);
  });

  test('must not need a body where there was none', () => {
    const none = { '/turns': { post: { responses: { 201: json(text) } } } };
    const needed = {
      '/turns': { post: { ...none['/turns'].post, requestBody: { ...json(body), required: true } } },
    };
    expect(httpApiBreaks({ paths: none }, { paths: needed })).toEqual(['POST /turns: a body is required']);
  });

  test('must not lose an operation', () => {
    expect(httpApiBreaks(api(body), { paths: {} })).toEqual(['POST /turns is gone']);
  });
});

describe('stored events', () => {
  const before = events(object({ text, sender: { enum: ['user', 'bot'] } }, ['text', 'sender']));

  test('may be of further types', () => {
    expect(eventBreaks(before, { ...before, TurnRated: { version: 1, data: object({}) } })).toEqual([]);
  });

  test('may have an additional optional field', () => {
    const after = object({ text, sender: { enum: ['user', 'bot'] }, mood: text }, ['text', 'sender']);
    expect(eventBreaks(before, events(after))).toEqual([]);
  });

  test('must not lose a type', () => {
    expect(eventBreaks(before, {})).toEqual(['TurnRecorded: the type is gone, but streams hold it']);
  });

  test('must not need a field that older ones lack', () => {
    const after = object({ text, sender: { enum: ['user', 'bot'] }, mood: text }, ['text', 'sender', 'mood']);
    expect(eventBreaks(before, events(after))).toEqual([
      'TurnRecorded: in stored events, mood may be missing',
    ]);
  });

  test('must not have an enum value that an older release does not know', () => {
    const after = object({ text, sender: { enum: ['user', 'bot', 'human'] } }, ['text', 'sender']);
    expect(eventBreaks(before, events(after))).toEqual([
      'TurnRecorded: for an older release, sender may be human',
    ]);
  });

  test('must not be of a version that an older release does not know', () => {
    expect(eventBreaks(before, events(object({ text }), 2))).toHaveLength(1);
  });
});

describe('messages', () => {
  test('that are received must not require an additional field', () => {
    const [before, after] = [object({ id: text }), object({ id: text }, ['id'])];
    expect(messageBreaks(document('receive', before), document('receive', after))).toEqual([
      'orders: updated: id may be missing',
    ]);
    expect(messageBreaks(document('send', before), document('send', after))).toEqual([]);
  });

  test('must not be gone', () => {
    const before = document('send', text);
    const channels = { orders: { address: 'orders.events', messages: {} } };
    expect(messageBreaks(before, { ...before, channels })).toEqual(['orders: updated is gone']);
  });
});

test.each([
  ['1.2.3', '2.0.0', true],
  ['0.1.0', '0.2.0', true],
  ['1.2.3', '1.3.0', false],
  ['0.1.0', '0.1.1', false],
])('from %s to %s announces a break: %s', (before, after, expected) => {
  expect(announcesBreak(before, after)).toBe(expected);
});
