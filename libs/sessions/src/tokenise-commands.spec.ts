import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { CommandContext, SessionCommand } from '#domain';
import { decideAll, newSession } from '#domain';
import { open, stemOf, tokenise } from '#privacy';
import { testDataKeys } from '../../privacy/src/keys/test-keys.ts';
import { EventCodec } from './codec.ts';
import { commandContext, CommandIdentity } from './command-request.ts';
import { request, startSession } from './test-support.ts';
import { tokeniseCommands, tokenPlace } from './tokenise-commands.ts';

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

/** The events decided for commands of a session that they start. */
function decided(...commands: SessionCommand[]) {
  const session = newSession(id);
  const context = contextOf();
  const tokenised = tokeniseCommands(key, id, [startSession, ...commands], context);
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
  const none = tokeniseCommands(undefined, id, [turn], context);
  expect(none).toEqual({ commands: [turn], context });
  const plain = tokeniseCommands(key, id, [startSession], context);
  expect(plain.context).toBe(context);
});
