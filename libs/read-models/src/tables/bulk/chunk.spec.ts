import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { Script, startSession, turn } from '../../test-support.ts';
import { rowChange } from '../changes.ts';
import type { RowChange, TokenRow } from '../rows.ts';
import { setAsideEntry } from '../set-aside.ts';
import { Chunk } from './chunk.ts';
import { FoldedSessions } from './sessions.ts';

let script: Script;
let chunk: Chunk;
beforeEach(() => {
  script = new Script();
  chunk = new Chunk(new FoldedSessions(new Pool()));
  record({ ...startSession });
});

const length = 24_000;
const text = 'a'.repeat(length);

/** Adds the events of the commands, and what a key adds to them. */
function record(command: Parameters<Script['request']>[0], more: Partial<RowChange> = {}): void {
  for (const event of script.request(command))
    chunk.add({ ...rowChange(script.sessionId, event, undefined, 1n), ...more });
}

function rowsOf(values: readonly string[]): Pick<RowChange, 'entities' | 'words'> {
  const row = { session_id: script.sessionId, revision: script.session.revision };
  return {
    entities: values.map((blind_index) => ({ ...row, blind_index })),
    words: { ...row, words: values },
  };
}

test.each([
  ['texts', { message_text: text }, []],
  ['texts of several bytes a character', { message_text: '電'.repeat(length) }, []],
  ['entities', { extracted_entities: { note: text, more: '電'.repeat(length) } }, []],
  ['rows of their values', {}, Array.from({ length: 200 }, (_, number) => `value ${number}`)],
])('turns that wait for a reply count with their %s', (_, fields, values) => {
  for (let count = 0; count < 20; count += 1) record(turn(randomUUID(), fields), rowsOf(values));
  const waiting = chunk.size;
  chunk.end();
  expect(chunk.size).toBeGreaterThan(50_000);
  expect(waiting / chunk.size).toBeGreaterThan(0.8);
  expect(waiting / chunk.size).toBeLessThan(1.2);
});

test('a turn counts once when its reply comes', () => {
  const id = randomUUID();
  record(turn(id, { message_text: text }));
  record(turn(randomUUID(), { sender: 'bot', in_reply_to: id, message_text: text, parsed_intent: null }));
  const { size } = chunk;
  chunk.end();
  expect(chunk.size).toBe(size);
  // The question with its reply, and the turn of the reply.
  expect(size).toBeGreaterThan(2 * length);
  expect(size).toBeLessThan(3.2 * length);
});

test('replies to turns of earlier chunks count', () => {
  const id = randomUUID();
  record(turn(id));
  chunk.end();
  const { size } = chunk;
  const { sessionId: session_id } = script;
  chunk.add({ reply: { session_id, turn_id: id, response_text: text, response_revision: 9 } });
  expect(chunk.replies).toHaveLength(1);
  expect(chunk.size - size).toBeGreaterThan(length);
});

test('a token counts once, until it is dropped', () => {
  const { size } = chunk;
  const { sessionId: session_id } = script;
  const token: TokenRow = {
    partner_id: 'P',
    token: 'T',
    session_id,
    type: 'email',
    sealed: text,
    event_id: randomUUID(),
    revision: 1,
  };
  chunk.add({ tokens: [token] });
  const first = chunk.size;
  expect(first - size).toBeGreaterThan(length);
  chunk.add({ tokens: [{ ...token, revision: 2 }] });
  expect(chunk.size).toBe(first);
  chunk.forget(session_id, 3);
  expect(chunk.size).toBe(size);
});

test('milestones, sessions that are set aside and deletions count', () => {
  const { size } = chunk;
  record({ type: 'SetGoal', goal: text, step: null });
  const withMilestone = chunk.size;
  expect(withMilestone - size).toBeGreaterThan(length);
  const { sessionId: session_id } = script;
  const event = { revision: 3, event_id: randomUUID(), type: text };
  chunk.setAside.set(session_id, setAsideEntry(session_id, event, 'unknown_version'));
  const withSetAside = chunk.size;
  expect(withSetAside - withMilestone).toBeGreaterThan(length);
  chunk.deletions.push({ session_id, before: 3, position: 1n });
  expect(chunk.size).toBeGreaterThan(withSetAside);
});
