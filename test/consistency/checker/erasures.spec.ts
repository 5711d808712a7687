import { describe, expect, test } from '@jest/globals';
import type { Entry, Stores } from '../common/history.ts';
import { judge } from './judge.ts';
import { example } from './test-example.ts';

type Members = Record<string, unknown>;
interface Run {
  history: Members[];
  stores: Stores;
}

const session_id = '5f0c3f0e-52a1-4c5e-9c53-4a5d0a6c0f10';
const system = { actor: { role: 'system', id: 'erasure' }, occurred_at: '2026-11-28T09:00:00.000Z' };
const event = (type: string, revision: number, data: Members = { partner_id: 'P1' }): Members => ({
  event_id: `${type}${revision}`,
  type,
  revision,
  data,
  metadata: system,
});
const events = ({ sessions }: Stores): Members[] => sessions[session_id] as unknown as Members[];
const shown = {
  partner_id: 'P1',
  revision: 6,
  session: { status: 'erased' },
  goal_state: { current_goal: null, stack: [] },
  conversation_flags: { is_repeat_query: false },
  short_term_memory: { preferences: {}, last_user_intent: null, last_bot_action: null, recent_turns: [] },
  order_tracking: null,
  orders: {},
  external: [],
};

/** A correct run whose only partner is erased at the end. */
function erasedRun(): Run {
  const { history, stores } = structuredClone(example()) as unknown as Run;
  events(stores).push(event('SessionErased', 6));
  Object.assign(stores, { contexts: {}, session_rows: [], turn_rows: [] });
  Object.assign(stores.partners, { P1: [event('PartnerErased', 1)] });
  const again = { ...history[1], start: 75, end: 76, answer: { code: 'partner_restricted' }, status: 403 };
  const over = { session_id, reason: 'session_over', current_revision: 6 };
  history.push(
    { kind: 'erasure', partner_id: 'P1', start: 70, end: 80, left: 0 },
    again,
    { ...again, start: 90, end: 91, status: 409, answer: over },
    { ...history[4], start: 95, end: 96, context: structuredClone(shown) },
  );
  return { history, stores };
}

/** The broken rules after one change of that run. */
function broken(change: (run: Run) => void = () => undefined): string[] {
  const run = erasedRun();
  change(run);
  const { findings } = judge(run.history as unknown as Entry[], run.stores);
  return [...new Set(findings.map(({ rule }) => rule))];
}

const erasureIn = ({ history }: Run): Members => history.find(({ kind }) => kind === 'erasure') ?? {};

test('a correct erasure breaks no rule, including answers that it explains', () => {
  expect(broken()).toEqual([]);
});

describe('an erasure breaks the rule', () => {
  test.each<[string, (run: Run) => unknown]>([
    ['a session does not say so', ({ stores }) => events(stores).pop()],
    ['the key lives', ({ stores }) => Object.assign(stores, { living_keys: ['P1'] })],
    [
      'a table has rows',
      ({ stores }) => Object.assign(stores, { erased_rows: [{ table: 't', partner_id: 'P1' }] }),
    ],
    ['there is no receipt', (run) => Object.assign(erasureIn(run), { end: null })],
    ['the receipt says that something is left', (run) => Object.assign(erasureIn(run), { left: 1 })],
    [
      'the partner’s stream goes on',
      ({ stores }) => Object.assign(stores.partners, { P1: [event('LegalHoldPlaced', 2)] }),
    ],
  ])('erasure_incomplete when %s', (_, change) => {
    expect(broken(change)).toContain('erasure_incomplete');
  });

  test.each<[string, Members]>([
    ['a turn', { short_term_memory: { ...shown.short_term_memory, recent_turns: [{}] } }],
    ['a flag', { conversation_flags: { vip: 'c2' } }],
    ['a goal', { goal_state: { current_goal: 'pay' } }],
    ['a session that goes on', { session: { status: 'active' } }],
  ])('erased_shown when a read after the receipt shows %s', (_, more) => {
    const change = ({ history }: Run): unknown => Object.assign(history.at(-1)?.['context'] as Members, more);
    expect(broken(change)).toEqual(['erased_shown']);
  });

  test.each<[string, string, (run: Run) => unknown]>([
    [
      'erased_changed',
      'an event is appended after it',
      ({ stores }) => events(stores).push(event('FlagRaised', 7, { flag: 'vip', value: '1' })),
    ],
    [
      'erased_unasked',
      'nobody asked for it',
      (run) => run.history.splice(run.history.indexOf(erasureIn(run)), 1),
    ],
    [
      'wrong_refusal',
      'a partner is closed before it is asked for',
      (run) => run.history.push({ ...run.history.at(-3), op: 'c8', start: 11, end: 12 }),
    ],
    [
      'repetition_answered_otherwise',
      'an acknowledged command is denied for another reason',
      ({ history }) => Object.assign(history.at(-2) ?? {}, { answer: { reason: 'goal_not_set' } }),
    ],
  ])('%s when %s', (rule, _, change) => {
    expect(broken(change)).toContain(rule);
  });
});
