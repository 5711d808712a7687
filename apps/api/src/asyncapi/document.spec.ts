import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parseDeclarations } from '#declarations';
import { asyncApiDocument } from './document.ts';

/** A type on two topics, one with characters that the name of a message cannot have, and two topics of one system. */
const document = asyncApiDocument(
  parseDeclarations(
    `
version: 1
channels: [whatsapp]
topics:
  north.parcels: { system: north, types: { parcel/moved: { kind: moved }, lost: { kind: lost } } }
  south.parcels: { system: south, types: { lost: { kind: lost } } }
  south.plain:
    system: south
    format: json
    id: { pointer: /id }
    time: { header: x-time }
    types:
      weighed:
        kind: weighed
        schema:
          definitions: { grams: { type: integer } }
          properties: { weight: { $ref: '#/definitions/grams' } }
inquiries:
  weight: { subject: [parcel], sources: { scales: { request: { parcel: /subject/parcel } } } }
`,
    'f',
  ),
) as {
  readonly channels: Readonly<Record<string, { readonly messages: object }>>;
  readonly operations: object;
  readonly components: { readonly messages: object };
};
const messagesOf = (channel: string): string[] => Object.keys(document.channels[channel]?.messages ?? {});

test('the document of any declarations is AsyncAPI 3', () => {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
});

test('every message has a unique name', () => {
  expect(messagesOf('north_parcels')).toEqual(['north.parcels.parcel_moved', 'lost']);
  expect(messagesOf('south_parcels')).toEqual(['south.parcels.lost']);
});

test('every topic is received by a separate operation', () => {
  expect(Object.keys(document.operations)).toEqual(
    expect.arrayContaining(['receive_north', 'receive_south_parcels', 'receive_south_plain']),
  );
});

test('every source of an inquiry has a topic of requests, and an operation that asks it', () => {
  expect(messagesOf('inquiry_requests_scales')).toEqual(['inquiry.requested.v1']);
  expect(document.operations).toMatchObject({
    ask_scales: { action: 'send', channel: { $ref: '#/channels/inquiry_requests_scales' } },
  });
});

test('a plain JSON message is described without an envelope, and by itself', () => {
  expect(document.components.messages).toMatchObject({
    weighed: {
      contentType: 'application/json',
      summary: 'Plain JSON: the id at /id, the time in the header x-time',
      payload: { properties: { weight: { allOf: [{ type: 'integer' }] } } },
    },
  });
});

describe('names of Turnstream itself', () => {
  const own = asyncApiDocument(parseDeclarations('version: 1\nchannels: [whatsapp]', 'f')) as typeof document;
  const types = ['inquiry.replied.v1', 'inquiry.requested.v1', 'dead_letter', 'conversation.goal_set.v1'];
  const lines = types.map((type) => `${type}: { kind: like_ours }`);
  const clashing = asyncApiDocument(
    parseDeclarations(
      `
version: 1
channels: [whatsapp]
topics:
  conversation: { system: replies, types: { ${lines.join(', ')}, goal/set.v1: { kind: other } } }
`,
      'f',
    ),
  ) as typeof document;

  test('are those of no declared message', () => {
    expect(clashing.components.messages).toMatchObject(own.components.messages);
    expect(Object.keys(clashing.channels['conversation']?.messages ?? {})).toEqual([
      'conversation.inquiry.replied.v1',
      'conversation.inquiry.requested.v1',
      'conversation.dead_letter',
      'conversation.conversation.goal_set.v1',
      'conversation.goal_set.v1_',
    ]);
  });

  test('are those of no operation on a declared topic', () => {
    expect(clashing.operations).toMatchObject(own.operations);
    expect(clashing.operations).toHaveProperty('receive_conversation');
  });
});

test('every operation has a rule', () => {
  for (const operation of Object.values(document.operations))
    expect(operation).toMatchObject({ 'x-access': { by: 'topic', role: 'system' } });
});

test('the document names no server, so it does not reveal the brokers', () => {
  expect(document).not.toHaveProperty('servers');
});
