import { randomUUID } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { expect, test } from '@jest/globals';
import { appendRequest } from './append-request.ts';

const id = randomUUID();
const event: EventData = {
  id: randomUUID(),
  type: 'GoalSet',
  contentType: 'application/json',
  data: { goal: 'भुगतान 😀 resolve_payment', half: '\ud800', step: null },
  metadata: { command_id: 'key:1' },
};

/** A request as the client's own messages read it. */
function read(stream: string, events: readonly EventData[], expected: number) {
  return messages.BatchAppendReq.deserializeBinary(appendRequest(id, stream, events, expected));
}

/** The events of a request. */
function eventsOf(events: readonly EventData[]) {
  return read('spec-1', events, 5)
    .getProposedMessagesList()
    .map((message) => ({
      id: message.getId()?.getString(),
      metadata: Object.fromEntries(message.getMetadataMap().toArray()),
      custom: Buffer.from(message.getCustomMetadata_asU8()).toString(),
      data: Buffer.from(message.getData_asU8()).toString(),
    }));
}

const expected = {
  id: event.id,
  metadata: { type: 'GoalSet', 'content-type': 'application/json' },
  custom: JSON.stringify(event.metadata),
  data: JSON.stringify(event.data),
};

test('the events of a request are in it, in their order', () => {
  const second: EventData = { ...event, id: randomUUID(), type: 'GoalCompleted' };
  expect(eventsOf([event, second])).toEqual([
    expected,
    { ...expected, id: second.id, metadata: { ...expected.metadata, type: 'GoalCompleted' } },
  ]);
});

test('bytes are stored unchanged, and an event may have no metadata', () => {
  const bytes = Buffer.from('raw');
  const binary = {
    ...event,
    contentType: 'application/octet-stream',
    data: bytes,
    metadata: undefined,
  } as const;
  const type = { type: 'GoalSet', 'content-type': 'application/octet-stream' };
  expect(eventsOf([binary])).toEqual([{ id: event.id, metadata: type, custom: '', data: 'raw' }]);
});

test.each([0, 1, 300, 2 ** 40, Number.MAX_SAFE_INTEGER])('a request expects revision %d', (revision) => {
  const options = read('spec-1', [event], revision).getOptions();
  expect([options?.hasStreamPosition(), options?.getStreamPosition()]).toEqual([true, String(revision)]);
});

test('a request for a new stream expects none', () => {
  const options = read('spec-1', [event], -1).getOptions();
  expect([options?.hasNoStream(), options?.hasStreamPosition()]).toEqual([true, false]);
});

test('a request has its id and its stream, is the last part, and its deadline is so late that clocks do not matter', () => {
  const request = read('session-ñ', [event], 0);
  const options = request.getOptions();
  const stream = Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
  expect([request.getCorrelationId()?.getString(), stream, request.getIsFinal()]).toEqual([
    id,
    'session-ñ',
    true,
  ]);
  const hours = ((options?.getDeadline()?.toDate().getTime() ?? 0) - Date.now()) / 3_600_000;
  expect(hours).toBeCloseTo(24, 1);
});
