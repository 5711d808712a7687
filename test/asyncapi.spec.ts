import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { requestMessage } from '../apps/bridge/src/inquiries/request.ts';
import { publicEvent } from '../apps/bridge/src/outbound/public-event.ts';
import type { RecordedEvent, SessionEvent } from '../libs/domain/src/index.ts';
import { fieldClasses } from '../libs/domain/src/index.ts';
import { readCloudEvent } from '../libs/messaging/src/index.ts';
import { generateDocument } from '../tools/asyncapi/document.ts';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/asyncapi.json'), 'utf8');

interface Document {
  readonly channels: Readonly<
    Record<string, { address: string; messages: Readonly<Record<string, unknown>> }>
  >;
}
const document = JSON.parse(text) as Document;
const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
ajv.addSchema(document, 'doc');

/** How a message differs from the document, or null. */
function fault(topic: string, message: { type: string }): unknown {
  const channel = Object.values(document.channels).find(({ address }) => address === topic);
  if (!channel || !(message.type in channel.messages)) return `${message.type} is not described on ${topic}`;
  const pointer = message.type.replaceAll('~', '~0').replaceAll('/', '~1');
  const validate = ajv.getSchema(`doc#/components/messages/${pointer}/payload`);
  return validate?.(message) === true ? null : (validate?.errors ?? 'no schema');
}

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
/** Fields of any event; personal ones must not be published. */
const fields = {
  session_id: id,
  partner_id: 'P7689',
  channel: 'whatsapp',
  previous_channel: 'ivr',
  language: 'hi',
  region: 'SECRET',
  name: 'SECRET',
  device: 'SECRET',
  value: 'SECRET',
  reason: 'SECRET',
  note: 'SECRET',
  turn_id: id,
  sender: 'user',
  message_text: 'SECRET',
  parsed_intent: 'ask',
  intent_confidence: 0.5,
  extracted_entities: { secret: 'SECRET' },
  in_reply_to: null,
  bot_action: null,
  previous_session_id: null,
  goal: 'pay',
  step: 'SECRET',
  flag: 'vip',
  accepted_by: 'SECRET',
  system: 'orders',
  kind: 'order_updated',
  references: { order: 'SECRET' },
  status: 'delivered',
  occurred_at_source: '2026-11-24T08:00:00.000Z',
  public_text: 'delivered at noon',
  reference: 'SECRET',
  source_event_id: '/orders/1',
  data: { secret: 'SECRET' },
  answer: { secret: 'SECRET' },
  inquiry_id: id,
  source: 'orders',
  sources: [{ source: 'orders', after: [], required: true }],
  deadline: '2026-11-24T08:00:05.000Z',
  attempt: 1,
  retry: null,
  outcome: 'complete',
  cause: 'settled',
  instance: 'agent-1',
  epoch: 3,
};

function recorded(type: string, role: 'agent' | 'system' = 'agent'): RecordedEvent {
  const cause = type === 'InquiryCorrected' ? 'late' : fields.cause;
  const name = type === 'PreferenceChanged' ? 'call_back' : fields.name;
  const metadata = {
    schema_version: 1,
    occurred_at: '2026-11-24T08:00:00.000Z',
    actor: { role, id: 'SECRET' },
    $correlationId: 'SECRET',
  };
  const event = { type, data: { ...fields, cause, name } } as unknown as SessionEvent;
  return { ...event, event_id: id, revision: 4, metadata };
}

describe('docs/asyncapi.json', () => {
  test('is what the code generates', async () => {
    expect(await generateDocument()).toBe(text);
  });

  test('is AsyncAPI 3', () => {
    const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
    const validator = new Ajv({ strict: false, validateFormats: false, allErrors: false });
    const validate = validator.compile(schema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
  });

  const notPublished = new Set(['UpdateAcknowledged', 'SessionForked', 'SessionMoved', 'SessionArrived']);
  test.each(Object.keys(fieldClasses).filter((type) => !notPublished.has(type)))(
    '%s is published as described, without personal data',
    (type) => {
      const event = publicEvent(id, recorded(type));
      expect(event && fault('conversation.events', event)).toBeNull();
      expect(JSON.stringify(event)).not.toContain('SECRET');
    },
  );

  test('an external update is published with its state and public text, where its declaration found them', () => {
    const event = recorded('ExternalUpdateRecorded', 'system') as RecordedEvent & {
      type: 'ExternalUpdateRecorded';
    };
    const { data: resolved } = publicEvent(id, event) ?? {};
    expect(resolved).toMatchObject({ status: 'delivered', public_text: 'delivered at noon' });
    const { status: _status, public_text: _text, ...data } = event.data;
    const older = publicEvent(id, { ...event, data });
    expect(older && fault('conversation.events', older)).toBeNull();
    expect(older?.data).not.toHaveProperty('status');
  });

  test('an external update that an agent sent is published without its texts', () => {
    const { data } = publicEvent(id, recorded('ExternalUpdateRecorded')) ?? {};
    expect(data).toMatchObject({ system: 'orders', kind: 'order_updated', source_event_id: '/orders/1' });
    expect(data).not.toHaveProperty('status');
    expect(data).not.toHaveProperty('public_text');
  });

  test('an event that is not described is not published', () => {
    expect(publicEvent(id, recorded('UpdateAcknowledged'))).toBeUndefined();
    expect(publicEvent(id, recorded('SomethingNewer'))).toBeUndefined();
  });

  test('a request of an inquiry matches its description', () => {
    const inquiry = {
      session_id: id,
      inquiry_id: id,
      kind: 'order_status',
      key: 'ORD1',
      deadline: fields.deadline,
      opened: 0,
      before: undefined,
      correlation_id: id,
      traceparent: null,
      due: new Map(),
    };
    const due = { source: 'orders', attempt: 1, request: { order_id: 'ORD1' }, at: 0, sent: false };
    const { topic, key, value, headers } = requestMessage(inquiry, due);
    expect([topic, key]).toEqual(['inquiry.requests.orders', 'ORD1']);
    const event = readCloudEvent({ value: Buffer.from(String(value)), headers });
    expect(fault(topic, event)).toBeNull();
  });
});
