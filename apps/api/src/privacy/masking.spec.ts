import { describe, expect, test } from '@jest/globals';
import type { Json } from '#domain';
import { fieldClasses } from '#domain';
import { roles } from '#privacy';
import { maskField, maskJson } from './mask.ts';
import { maskEvent } from './mask-event.ts';
import { maskerFor, purposeOf, viewOf } from './masking.ts';
import { rulesOfEvent } from './event-rules.ts';

describe('who sees personal data', () => {
  test.each([
    ['agent', 'own', 'own'],
    ['service', 'own', 'own'],
    ['analyst', 'masked', 'masked'],
    ['auditor', 'masked', 'unmasked'],
    ['admin', 'masked', 'unmasked'],
  ] as const)('%s: %s, with a purpose %s', (role, without, withPurpose) => {
    expect(viewOf({ role }, undefined)).toBe(without);
    expect(viewOf({ role }, 'complaint:4711')).toBe(withPurpose);
  });

  test('every role has a view', () => {
    expect(roles.map((role) => viewOf({ role }, undefined))).not.toContain(undefined);
  });

  test('a purpose is an identifier', () => {
    expect(purposeOf({ headers: { 'access-purpose': 'complaint:4711' } })).toBe('complaint:4711');
    const headers = { 'access-purpose': 'Asha, +91 98765 43210' };
    expect(() => purposeOf({ headers })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('Asha') }),
    );
  });

  test('a masked answer hides its values', () => {
    expect(maskerFor({ role: 'analyst' }, undefined)('text', () => 'hidden')).toBe('hidden');
    expect(maskerFor({ role: 'agent' }, undefined)('text', () => 'hidden')).toBe('text');
  });
});

describe('a masked value', () => {
  test('keeps its names and its form', () => {
    const value = { month: 'October', months: [1, null, { deep: true }], none: null, empty: {} };
    expect(maskJson(value, 'masked')).toEqual({
      month: '[masked]',
      months: ['[masked]', null, { deep: '[masked]' }],
      none: null,
      empty: {},
    });
  });

  test('loses names that may be data', () => {
    const value = { '+919876543210': 1, 'Asha Rao': 2, id9876543: 3, __proto__x: 4 };
    expect(maskJson(value, 'masked')).toEqual({ '[masked]': '[masked]', __proto__x: '[masked]' });
  });

  test.each([
    [['flags', 'vip'], 'x', ['flags', 'vip'], '[masked]'],
    [['id'], 'x', ['id'], 'x'],
    [['notes', 'a', '+919876543210'], 1, ['notes', 'a', '[masked]'], '[masked]'],
    [['unknown', 'b c'], 'x', ['unknown', '[masked]'], '[masked]'],
  ])('masks a field by its path as within its value: %j', (names, value, shown, masked) => {
    const rules = { id: 'plain', flags: { '*': 'masked' }, notes: 'masked' } as const;
    expect(maskField(names, value, rules)).toEqual({ names: shown, value: masked });
  });

  test('has a limited depth', () => {
    let deep: Json = 'secret';
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(JSON.stringify(maskJson(deep, 'masked'))).not.toContain('secret');
  });
});

describe('a masked event', () => {
  const metadata = { actor: { role: 'agent', id: 'bot-7' }, command_id: 'message:wamid.919876543210' };

  test('shows what happened, not what was said', () => {
    const data = { turn_id: 't', sender: 'user', message_text: 'secret', message_id: 'wamid.919876543210' };
    expect(maskEvent({ type: 'TurnRecorded', data, metadata })).toEqual({
      type: 'TurnRecorded',
      data: { turn_id: 't', sender: 'user', message_text: '[masked]', message_id: '[masked]' },
      metadata: { actor: metadata.actor, command_id: '[masked]' },
    });
  });

  test('of an unknown type shows nothing', () => {
    expect(maskEvent({ type: 'Later', data: { text: 'secret' } }).data).toEqual({ text: '[masked]' });
  });

  test('shows only the plain fields of every type', () => {
    for (const [type, classes] of Object.entries(fieldClasses)) {
      const data = Object.fromEntries(Object.entries(classes).map(([field, is]) => [field, `is ${is}`]));
      const shown = Object.keys(data).map((field) => [field, classes[field as never] === 'plain']);
      const masked = maskJson(data, rulesOfEvent(type)) as Record<string, string>;
      expect(Object.entries(masked).map(([field, text]) => [field, text !== '[masked]'])).toEqual(shown);
    }
  });

  test('shows no field that its type does not declare', () => {
    expect(maskEvent({ type: 'GoalResumed', data: { goal: 'pay', note: 'secret' } }).data).toEqual({
      goal: 'pay',
      note: '[masked]',
    });
  });
});
