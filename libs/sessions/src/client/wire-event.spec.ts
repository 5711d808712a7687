import { convertGrpcRecord } from '@eventstore/db-client/dist/utils/convertGrpcEvent.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { expect, test } from '@jest/globals';
import { eventOf } from './wire-event.ts';

const { ReadEvent } = messages.ReadResp;

interface Stored {
  readonly data?: string;
  readonly metadata?: string;
  readonly facts?: Readonly<Record<string, string>>;
  readonly revision?: string;
}

const json = { type: 'TurnRecorded', 'content-type': 'application/json', created: '17645184001234567' };

/** The fields of an event that a server sends. */
function answer({ data = '{"a":"ä😀"}', metadata = '{"b":1}', facts = json, revision = '300' }: Stored) {
  const record = new ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString('0f3c1f6e-6b43-4d2c-9f4e-0a1b2c3d4e5f');
  record.setId(id);
  const name = new shared.StreamIdentifier();
  name.setStreamName(new Uint8Array(Buffer.from('session-ä')));
  record.setStreamIdentifier(name);
  record.setStreamRevision(revision);
  record.setCommitPosition('9007199254740993');
  record.setPreparePosition('4294967297');
  for (const [fact, text] of Object.entries(facts)) record.getMetadataMap().set(fact, text);
  record.setData(new Uint8Array(Buffer.from(data)));
  record.setCustomMetadata(new Uint8Array(Buffer.from(metadata)));
  const read = new ReadEvent();
  read.setEvent(record);
  read.setCommitPosition('9007199254740993');
  const response = new messages.ReadResp();
  response.setEvent(read);
  return response;
}

/** An event whose bytes are compared as bytes, whatever the array type. */
function plain(event: object | undefined): object {
  const entries = Object.entries(event ?? {}).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof Uint8Array ? [...value] : value,
  ]);
  return Object.fromEntries(entries) as object;
}

test.each<[string, Stored]>([
  ['JSON', {}],
  ['a revision beyond 2^53', { revision: '9223372036854775807' }],
  ['the first revision', { revision: '0' }],
  ['data that are no JSON though they should be', { data: '{"a":' }],
  ['no data', { data: '' }],
  ['bytes', { data: '\u0001\u0002', facts: { ...json, 'content-type': 'application/octet-stream' } }],
  ['no metadata', { metadata: '' }],
  ['metadata that are no JSON', { metadata: 'nothing' }],
  ['no facts', { facts: {} }],
  ['a time that is none', { facts: { ...json, created: 'soon' } }],
])('an event with %s is decoded as the client does', (_, stored) => {
  const response = answer(stored);
  const record = response.getEvent()?.getEvent();
  expect(record).toBeDefined();
  const expected = record && plain(convertGrpcRecord(record));
  expect(plain(eventOf(Buffer.from(response.serializeBinary())))).toEqual(expected);
});

test('an answer without an event decodes to undefined', () => {
  const response = new messages.ReadResp();
  response.setLastStreamPosition('5');
  expect(eventOf(Buffer.from(response.serializeBinary()))).toBeUndefined();
});

test('a truncated answer is refused', () => {
  const bytes = Buffer.from(answer({}).serializeBinary());
  expect(() => eventOf(bytes.subarray(0, 100))).toThrow(RangeError);
});
