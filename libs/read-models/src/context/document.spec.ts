import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { contextOf } from '#domain';
import { documentFields, joinDocument, parseState, sections } from './document.ts';
import { SectionSeals } from './section-seals.ts';
import { Script, startSession, turn } from '../test-support.ts';

function scripted(): Script {
  const script = new Script();
  script.request(startSession);
  script.request({ type: 'SetGoal', goal: 'resolve_payment', step: 'verify' });
  script.request(
    turn(randomUUID(), { message_text: 'कहाँ है? "} \\ \u2028', extracted_entities: { order_id: 'O"1' } }),
  );
  script.request({ type: 'RaiseFlag', flag: 'vip', value: { since: [2024] } });
  return script;
}

test('the joined document is the text of contextOf, byte for byte', () => {
  const { session, sessionId } = scripted();
  const fields = new Map<string, string>([['revision', String(session.revision)]]);
  const texts = new SectionSeals(undefined).textsOf(session, sections, new Map());
  for (let index = 0; index < texts.length; index += 2)
    fields.set(texts[index] ?? '', texts[index + 1] ?? '');
  const document = joinDocument(
    sessionId,
    documentFields.map((field) => fields.get(field) ?? null),
  );
  expect(document.revision).toBe(session.revision);
  expect(document.body).toBe(JSON.stringify(contextOf(session)));
});

test('a state is restored from its texts, unless a section is missing', () => {
  const { state } = scripted().session;
  const texts = sections.map((section) => JSON.stringify(state[section]));
  expect(parseState(texts)).toEqual(state);
  expect(parseState(texts.with(3, null as unknown as string))).toBeUndefined();
});
