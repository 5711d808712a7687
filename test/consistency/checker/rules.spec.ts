import { describe, expect, test } from '@jest/globals';
import type { Entry, Stores } from '../common/history.ts';
import { judge } from './judge.ts';
import { example } from './test-example.ts';

type Members = Record<string, unknown>;

/** The broken rules after one change of a correct run. */
function broken(change: (run: { history: Members[]; stores: Stores }) => void): string[] {
  const run = structuredClone(example()) as unknown as { history: Members[]; stores: Stores };
  change(run);
  const { findings } = judge(run.history as unknown as Entry[], run.stores);
  return [...new Set(findings.map(({ rule }) => rule))];
}

const events = ({ sessions }: Stores): Members[] => Object.values(sessions)[0] as unknown as Members[];
const contextOf = (entry: Members | undefined): Members => entry?.['context'] as Members;
const answerOf = (entry: Members | undefined): Members => entry?.['answer'] as Members;

const inquiry = (revision: number, type: string): Members => ({
  event_id: `i${revision}`,
  type,
  revision,
  data: { inquiry_id: 'i1', kind: 'k', subject: {} },
  metadata: {
    $correlationId: 'c9',
    occurred_at: '2026-11-28T08:00:01.000Z',
    actor: { role: 'system', id: 'b' },
  },
});

test('a correct run breaks no rule', () => {
  expect(broken(() => undefined)).toEqual([]);
});

describe('a run breaks the rule', () => {
  test('acknowledged_command_lost when the stream lacks acknowledged events', () => {
    const rules = broken(({ stores }) => Object.assign(events(stores)[1] ?? {}, { event_id: 'other' }));
    expect(rules).toContain('acknowledged_command_lost');
  });

  test('command_twice when the stream has more events of a command than acknowledged', () => {
    const rules = broken(({ stores }) => {
      events(stores).push({ ...events(stores)[1], event_id: 'again', revision: 6 });
    });
    expect(rules).toContain('command_twice');
  });

  test('wrong_revision when an answer has another revision than that of its last event', () => {
    expect(broken(({ history }) => Object.assign(answerOf(history[1]), { revision: 9 }))).toContain(
      'wrong_revision',
    );
  });

  test('refused_command_applied when the stream has a command that was refused', () => {
    const rules = broken(({ history }) => Object.assign(history[1] ?? {}, { status: 409, answer: {} }));
    expect(rules).toContain('refused_command_applied');
  });

  test('unknown_outcome_contradicted when the last answer denies what the stream has', () => {
    const rules = broken(({ history }) => {
      history.push({ ...history[1], final: true, start: 90, end: 91, status: 409, answer: {} });
      Object.assign(history[1] ?? {}, { status: null, answer: null });
    });
    expect(rules).toContain('unknown_outcome_contradicted');
  });

  test('repetition_answered_otherwise when a repetition is refused', () => {
    const rules = broken(({ history }) => {
      history.push({ ...history[1], start: 90, end: 91, status: 409, answer: {} });
    });
    expect(rules).toContain('repetition_answered_otherwise');
  });

  test('key_used_twice when another command gets the answer of the first', () => {
    const rules = broken(({ history }) => {
      history.push({ ...history[1], op: 'c9', start: 90, end: 91 });
    });
    expect(rules).toContain('key_used_twice');
  });

  test('wrong_decision when an event does not match its command', () => {
    const rules = broken(({ stores }) =>
      Object.assign(events(stores)[1]?.['data'] ?? {}, { value: 'other' }),
    );
    expect(rules).toContain('wrong_decision');
  });

  test('wrong_refusal when a refusal does not match the state at its revision', () => {
    const answer = { reason: 'session_over', current_revision: 1 };
    const rules = broken(({ history }) => {
      history.push({ ...history[1], op: 'c9', key: 'c9', start: 21, end: 29, status: 409, answer });
    });
    expect(rules).toEqual(['wrong_refusal']);
  });

  test('if_match_ignored when a command is appended on another revision than it expected', () => {
    expect(broken(({ history }) => Object.assign(history[1] ?? {}, { if_match: 5 }))).toContain(
      'if_match_ignored',
    );
  });

  test('not_linearizable when a command was answered before an earlier one was sent', () => {
    expect(broken(({ history }) => Object.assign(history[1] ?? {}, { start: 70, end: 71 }))).toEqual([
      'not_linearizable',
    ]);
  });

  test('internal_error when an answer is 500', () => {
    const rules = broken(({ history }) => {
      history.push({ ...history[1], op: 'c9', key: 'c9', status: 500, answer: {} });
    });
    expect(rules).toEqual(['internal_error']);
  });

  test('context_is_no_prefix when a context has data without an event', () => {
    const rules = broken(({ history }) =>
      Object.assign(contextOf(history[4])['conversation_flags'] as Members, { ghost: true }),
    );
    expect(rules).toEqual(['context_is_no_prefix']);
  });

  test('context_is_no_prefix when a context has an order that no event names', () => {
    const order = { order_id: 'ORD1', status: 'delivered', tracking_id: null, status_at: null, source: null };
    const rules = broken(({ history }) =>
      Object.assign(contextOf(history[4]), { order_tracking: order, orders: { ORD1: order } }),
    );
    expect(rules).toEqual(['context_is_no_prefix']);
  });

  test('context_too_old when a context is older than requested', () => {
    expect(broken(({ history }) => Object.assign(history[4] ?? {}, { min_revision: 5 }))).toContain(
      'context_too_old',
    );
  });

  test('context_went_back when a reader sees an older context at the same node', () => {
    const rules = broken(({ history }) =>
      history.push({ ...history[4] }, { ...history[5], start: 99 }, { ...history[4] }),
    );
    expect(rules).toEqual(['context_went_back']);
  });

  test('context_missing when a session that was started is not found', () => {
    const gone = { start: 99, status: 404, context: null };
    expect(broken(({ history }) => history.push({ ...history[4], ...gone }))).toEqual(['context_missing']);
  });

  test('stored_context_differs when Redis is behind the stream', () => {
    const rules = broken(({ stores }) =>
      Object.assign(Object.values(stores.contexts)[0] ?? {}, { revision: '4' }),
    );
    expect(rules).toEqual(['stored_context_differs']);
  });

  test('row_differs when a session’s row differs', () => {
    const rules = broken(({ stores }) => Object.assign(stores.session_rows[0] ?? {}, { language: 'ta' }));
    expect(rules).toEqual(['row_differs']);
  });

  test('turn_row_differs when a turn has no row', () => {
    expect(broken(({ stores }) => Object.assign(stores, { turn_rows: [] }))).toEqual(['turn_row_differs']);
  });

  test('partner_memory when the partner’s stream does not end with what the session left', () => {
    const rules = broken(({ stores }) => {
      const [stored] = Object.values(stores.partners)[0] ?? [];
      Object.assign(stored?.data['memory'] as Members, { language: 'ta' });
    });
    expect(rules).toEqual(['partner_memory']);
  });

  test('update_lost when no instance handled an update', () => {
    expect(broken(({ history }) => history.splice(7, 1))).toEqual(
      ['update_lost', 'acknowledged_unhandled'].slice(0, 1),
    );
  });

  test('update_twice when a process handled one again', () => {
    const rules = broken(({ history }) => history.splice(7, 0, { ...history[6] }));
    expect(rules).toEqual(['update_twice']);
  });

  test('acknowledged_unhandled when an instance acknowledged an update without handling it', () => {
    const rules = broken(({ history }) => Object.assign(history[6] ?? {}, { instance: 'other' }));
    expect(rules).toContain('acknowledged_unhandled');
  });

  test('inquiry_open when an inquiry is open in an ended session', () => {
    expect(broken(({ stores }) => events(stores).push(inquiry(6, 'InquiryOpened')))).toContain(
      'inquiry_open',
    );
  });

  test('inquiry_closed_twice when an inquiry is closed a second time', () => {
    const rules = broken(({ stores }) =>
      events(stores).push(inquiry(6, 'InquiryClosed'), inquiry(7, 'InquiryClosed')),
    );
    expect(rules).toContain('inquiry_closed_twice');
  });

  test('stale_epoch_accepted when an event carries an epoch that does not own the session', () => {
    const rules = broken(({ stores }) =>
      Object.assign(events(stores)[5]?.['metadata'] ?? {}, { agent_epoch: 7 }),
    );
    expect(rules).toContain('stale_epoch_accepted');
  });
});
