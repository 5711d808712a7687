import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { CommandContext, SessionCommand } from '#domain';
import { decideAll, newSession } from '#domain';
import { open, stemOf, tokenise } from '#privacy';
import { testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { EventCodec } from './codec.ts';
import { commandContext, CommandIdentity } from './command-request.ts';
import { request, startSession } from './test-support.ts';
import { mostTokens, RequestTokeniser, tokenPlace } from './tokenise-commands.ts';

const keys = testDataKeys();
const key = await keys.of(startSession.partner_id);
const phone = tokenise(key, '9876543210').value;
const id = randomUUID();

const turn: SessionCommand = {
  type: 'RecordTurn',
  turn_id: randomUUID(),
  message_id: 'wamid.919876543210',
  sender: 'user',
  message_text: 'call 98765 43210',
  parsed_intent: null,
  intent_confidence: null,
  extracted_entities: { phone: '9876543210', order_id: '9876543210' },
  in_reply_to: null,
  bot_action: null,
  response: { turn_id: randomUUID(), message_text: 'I call +919876543210' },
};
const update: SessionCommand = {
  type: 'RecordExternalUpdate',
  system: 'logistics',
  kind: 'shipment_updated',
  reference: '9876543210',
  data: { awb: '9876543210', driver: '9876543210 Ravi', phone: '9123456780' },
  source_event_id: 'evt-9876543210',
  references: { tracking: '9123456780' },
};

function contextOf(): CommandContext {
  const start = request(id, startSession);
  return commandContext(start, new CommandIdentity(start, key), { codec: new EventCodec() });
}

function tokeniserOf(...commands: SessionCommand[]): RequestTokeniser {
  return new RequestTokeniser({ sessionId: id, commands });
}

/** The events decided for commands of a session that they start. */
function decided(...commands: SessionCommand[]) {
  const session = newSession(id);
  const context = contextOf();
  const tokenised = tokeniserOf(startSession, ...commands).tokenise(key, context);
  const decision = decideAll(session, tokenised.commands, tokenised.context);
  return 'events' in decision ? decision.events : [];
}

test('free-form fields hold tokens, identifiers stay', () => {
  const [, recorded, response] = decided(turn);
  expect(recorded?.data).toMatchObject({
    message_text: `call ${phone}`,
    extracted_entities: { phone, order_id: '9876543210' },
    message_id: 'wamid.919876543210',
  });
  expect(response?.data).toMatchObject({ message_text: `I call ${phone}` });
});

test.each<[string, SessionCommand, object]>([
  ['a reason', { type: 'RequestHandoff', reason: '9876543210' }, { reason: phone }],
  ['a step', { type: 'SetGoal', goal: 'call', step: '9876543210' }, { step: phone }],
  ['a flag', { type: 'RaiseFlag', flag: 'vip', value: '9876543210' }, { value: phone }],
  ['a preference', { type: 'ChangePreferences', preferences: { at: '9876543210' } }, { value: phone }],
])('%s is free-form', (_, command, data) => {
  const [, event] = decided(command);
  expect(event?.data).toMatchObject(data);
});

test('the references of an update stay, anywhere in its data', () => {
  const [, event] = decided(update);
  expect(event?.data).toMatchObject({
    reference: '9876543210',
    data: { awb: '9876543210', driver: `${phone} Ravi`, phone: '9123456780' },
  });
});

test('only the first event of the request holds the values, sealed in place', () => {
  const [first, ...others] = decided(turn);
  const sealed = first?.metadata.tokens ?? {};
  expect(Object.keys(sealed)).toEqual([stemOf(phone)]);
  expect(first?.metadata.partner_id).toBe(startSession.partner_id);
  expect(open(key, tokenPlace(id, first?.event_id ?? '', phone), sealed[stemOf(phone)] ?? '')).toBe(
    '+919876543210',
  );
  for (const { metadata } of others) expect(metadata.tokens).toBeUndefined();
});

test('without keys, or personal values, the commands are the same objects', () => {
  const context = contextOf();
  const none = tokeniserOf(turn).tokenise(undefined, context);
  expect(none).toEqual({ commands: [turn], context });
  const plain = tokeniserOf(startSession).tokenise(key, context);
  expect(plain.context).toBe(context);
});

test('a request is tokenised once for each key, however often it is decided', async () => {
  const tokeniser = tokeniserOf(turn);
  const { commands } = tokeniser.tokenise(key, contextOf());
  expect(tokeniser.tokenise(key, contextOf()).commands).toBe(commands);
  expect(tokeniser.tokenise(await keys.of('another'), contextOf()).commands).not.toEqual(commands);
  expect(tokeniser.tokenise(key, contextOf()).commands).toEqual(commands);
});

/** A text with that many phone numbers. */
function phones(count: number): string {
  return Array.from({ length: count }, (_, index) => String(6_000_000_000 + 7 * index)).join(', ');
}

test('a request with more personal values than its first event may hold is rejected', () => {
  const texts = (count: number) => ({
    ...turn,
    message_text: phones(count),
    response: null,
    extracted_entities: {},
  });
  expect(() => tokeniserOf(texts(mostTokens)).tokenise(key, contextOf())).not.toThrow();
  const many = tokeniserOf(texts(mostTokens - 5), { ...update, data: { note: phones(mostTokens + 1) } });
  expect(() => many.tokenise(key, contextOf())).toThrow(
    expect.objectContaining({
      rejection: expect.objectContaining({ code: 'too_many_personal_values' }),
      command: 1,
    }),
  );
});
