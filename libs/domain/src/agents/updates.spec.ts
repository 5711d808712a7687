import { expect, test } from '@jest/globals';
import type { EventMetadata } from '../kernel/event.ts';
import { recorded } from '../kernel/test-decider.ts';
import { isUpdateFor } from './updates.ts';

const owner = { instance: 'bot-1', epoch: 1 };

function event(type: string, more: Partial<EventMetadata> = {}): ReturnType<typeof recorded> {
  const plain = recorded({ type, data: {} }, 5);
  return { ...plain, metadata: { ...plain.metadata, ...more } };
}

test('an event of another actor is an update for the owner', () => {
  expect(isUpdateFor(owner, event('TurnRecorded'))).toBe(true);
});

test('an event of a system with the owner’s name is an update for the owner', () => {
  expect(isUpdateFor(owner, event('TurnRecorded', { actor: { role: 'system', id: 'bot-1' } }))).toBe(true);
});

test('an event of the owner is not an update for it', () => {
  expect(isUpdateFor(owner, event('TurnRecorded', { actor: { role: 'agent', id: 'bot-1' } }))).toBe(false);
});

test('an event under the owner’s epoch is not an update for it', () => {
  expect(isUpdateFor(owner, event('TurnRecorded', { agent_epoch: 1 }))).toBe(false);
});

test('an attach is not an update', () => {
  expect(isUpdateFor(owner, event('AgentAttached'))).toBe(false);
});

test('without an owner nothing is an update', () => {
  expect(isUpdateFor({ instance: null, epoch: 1 }, event('TurnRecorded'))).toBe(false);
});

test.each([
  ['another instance', 'bot-2', true],
  ['the owner', 'bot-1', false],
])('when instances share a token, an event of %s is attributed by instance', (_, instance, expected) => {
  const actor = { role: 'service', id: 'fleet', instance } as const;
  expect(isUpdateFor(owner, event('TurnRecorded', { actor }))).toBe(expected);
});
