import { describe, expect, test } from '@jest/globals';
import { timeOf } from '../kernel/test-decider.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { externalKept, publicTextLimit } from './state.ts';
import { early, given, late, resolved, update } from './test-updates.ts';

const statuses = (...updates: ExternalUpdateRecorded[]): (string | null)[] =>
  given(...updates).state.external.map(({ status }) => status);

describe('external updates', () => {
  test('are kept with resolved values, revision and time', () => {
    const more = { public_text: 'On its way', before_session: true, reference: 'ORD1' };
    expect(given(resolved({ order: 'ORD1' }, 'shipped', early, more)).state.external).toEqual([
      {
        system: 'warehouse',
        kind: 'moved',
        reference: 'ORD1',
        data: {},
        status: 'shipped',
        public_text: 'On its way',
        before_session: true,
        occurred_at_source: early,
        source_event_id: expect.any(String),
        revision: 0,
        timestamp: timeOf(0),
      },
    ]);
  });

  test('of older versions have no additional fields', () => {
    expect(given(update('payments', { a: 1 }, 'PAY1')).state.external).toMatchObject([
      { data: { a: 1 }, status: null, public_text: null, before_session: false, occurred_at_source: null },
    ]);
  });

  test('replace the one of the same system, kind and reference', () => {
    const { external } = given(update('payments', { a: 1 }), update('payments', { a: 2 })).state;
    expect(external.map(({ data }) => data)).toEqual([{ a: 2 }]);
  });

  test('do not replace a newer one by its system’s clock', () => {
    expect(statuses(resolved({}, 'new', late), resolved({}, 'old', early))).toEqual(['new']);
  });

  test('are ordered by their systems’ clocks', () => {
    const other = resolved({}, 'old', early, { kind: 'other' });
    expect(statuses(resolved({}, 'new', late), other)).toEqual(['old', 'new']);
  });

  test.each([
    ['system', update('onboarding', { a: 2 })],
    ['reference', update('payments', { a: 2 }, 'PAY2')],
    ['kind', update('payments', { a: 2 }, null, 'paid')],
  ])('of another %s are kept side by side', (_, other) => {
    expect(given(update('payments', { a: 1 }), other).state.external).toHaveLength(2);
  });

  test('are bounded in number', () => {
    const many = Array.from({ length: externalKept + 5 }, (_, index) => update('x', {}, String(index)));
    const { external } = given(...many).state;
    expect(external.map(({ reference }) => reference)).toEqual(
      many.slice(5).map(({ data }) => data.reference),
    );
  });

  test('that are older than all kept ones are left out', () => {
    const many = Array.from({ length: externalKept }, (_, index) => update('x', {}, String(index)));
    expect(given(...many, resolved({}, 'old', early)).state.external).toEqual(given(...many).state.external);
  });

  test('are kept without their data when that is too large', () => {
    expect(given(update('y', { text: 'x'.repeat(5_000) })).state.external).toMatchObject([
      { system: 'y', data: null, revision: 0 },
    ]);
  });

  test('are kept without their public text when that is too long', () => {
    const public_text = 'x'.repeat(publicTextLimit + 1);
    expect(given(resolved({}, null, null, { public_text })).state.external).toMatchObject([
      { public_text: null },
    ]);
  });
});
