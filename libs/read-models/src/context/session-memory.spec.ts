import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Script, startSession, turn } from '../test-support.ts';
import { SessionMemory } from './session-memory.ts';

const budget = 100_000;

/** A session with a turn of this many characters. */
function sessionOf(characters: number): Script {
  const script = new Script();
  script.request(startSession);
  script.request(turn(randomUUID(), { message_text: 'x'.repeat(characters) }));
  return script;
}

test('the most recently used sessions are kept, as many as the budget allows', () => {
  const memory = new SessionMemory(budget);
  const scripts = Array.from({ length: 50 }, () => sessionOf(2_000));
  for (const { session } of scripts) memory.set(session);
  expect(memory.bytes).toBeLessThanOrEqual(budget);
  expect(memory.bytes).toBeGreaterThan(0.8 * budget);
  const kept = scripts.map(({ sessionId }) => memory.get(sessionId) !== undefined);
  expect(kept).toEqual(scripts.map((_, index) => index >= 50 - memory.count));
});

test('a session that is larger than the budget is not kept', () => {
  const memory = new SessionMemory(budget);
  memory.set(sessionOf(budget).session);
  expect([memory.count, memory.bytes]).toEqual([0, 0]);
});

test('a changed session is measured like a new one', () => {
  const script = sessionOf(10);
  const memory = new SessionMemory(budget);
  memory.set(script.session);
  script.request(turn(randomUUID(), { message_text: 'y'.repeat(5_000) }));
  script.request({ type: 'SetGoal', goal: 'resolve_payment', step: null });
  memory.set(script.session);
  const fresh = new SessionMemory(budget);
  fresh.set(script.session);
  expect(memory.bytes).toBe(fresh.bytes);
  expect(memory.bytes).toBeGreaterThan(5_000);
});

test('a session is measured like a new one, however many turns come and go', () => {
  const script = sessionOf(10);
  const memory = new SessionMemory(budget);
  for (let length = 1; length <= 30; length += 1) {
    script.request(
      turn(randomUUID(), { message_text: 'z'.repeat(100 * length), parsed_intent: `intent ${length}` }),
    );
    memory.set(script.session);
    const fresh = new SessionMemory(budget);
    fresh.set(script.session);
    expect(memory.bytes).toBe(fresh.bytes);
  }
});

test('the commands that a session knows count, too', () => {
  const memory = new SessionMemory(budget);
  const { session } = sessionOf(10);
  memory.set(session);
  const before = memory.bytes;
  const command = { hash: 'v2.hash', revision: 1, count: 1, ids: [randomUUID()], at: '2026-01-05T09:00:00Z' };
  const list = Array.from({ length: 20 }, () => command);
  memory.set({ ...session, known: { from: 0, list } });
  expect(memory.bytes - before).toBeGreaterThan(20 * 300);
});

test('a removed session takes no memory', () => {
  const memory = new SessionMemory(budget);
  const { session, sessionId } = sessionOf(10);
  memory.set(session);
  memory.delete(sessionId);
  expect([memory.get(sessionId), memory.bytes]).toEqual([undefined, 0]);
});
