import { expect, test } from '@jest/globals';
import { recorded, timeOf } from '../kernel/test-decider.ts';
import type { InquiryCommand } from './commands.ts';
import type { InquiryEvent } from './events.ts';
import { decideInquiry } from './decide.ts';
import { evolveInquiries } from './evolve.ts';
import { noInquiries } from './state.ts';
import { answer, close, fail, open } from './test-inquiries.ts';
import type { InquiryStep } from './timeline.ts';
import { stepsOf } from './timeline.ts';

/** The timeline of the commands' events; the n-th event happens n seconds after the first. */
function timelineOf(...commands: InquiryCommand[]): InquiryStep[] {
  let state = noInquiries;
  const events: InquiryEvent[] = [];
  for (const command of commands) {
    const decision = decideInquiry(command, state, 'none');
    if ('rejection' in decision) throw new Error(decision.rejection.reason);
    for (const event of decision.events as readonly InquiryEvent[]) {
      state = evolveInquiries(state, recorded(event, events.length));
      events.push(event);
    }
  }
  return events.flatMap((event, revision) => stepsOf(recorded(event, revision)));
}

const brief = ({ step, source, attempt, reason, cause, outcome }: InquiryStep): string =>
  [step, source, attempt, reason, cause, outcome].filter((part) => part !== null).join(' ');

test('the timeline of an inquiry lists the requests and the replies', () => {
  const timeline = timelineOf(
    open(),
    fail('orders', { retryable: true, reply_id: 'r' }),
    answer('orders', { tracking_id: 'T1' }, { attempt: 2 }),
    answer('orders', {}, { attempt: 2 }),
    close(timeOf(60)),
    answer('logistics', { status: 'out' }, { now: timeOf(61) }),
  );
  expect(timeline.map(brief)).toEqual([
    'opened',
    'asked orders 1',
    'failed orders 1 down',
    'retried orders 2',
    'answered orders 2',
    'asked logistics 1',
    'corrected orders duplicate',
    'closed deadline partial',
    'corrected logistics late',
  ]);
  expect(timeline.map(({ at }) => at).slice(0, 5)).toEqual([
    timeOf(0),
    timeOf(0),
    timeOf(1),
    '2026-11-24T08:00:05.250Z',
    timeOf(2),
  ]);
});

test('a source that need not be asked is skipped', () => {
  expect(timelineOf(open(), answer('orders', { status: 'pending' })).map(brief)).toEqual([
    'opened',
    'asked orders 1',
    'answered orders 1',
    'skipped logistics',
    'closed settled complete',
  ]);
});

test('the details that a source gives are beside its answer', () => {
  const origin = { occurred_at_source: timeOf(3), source_traceparent: '00-1-2-01' };
  expect(timelineOf(open(), answer('orders', {}, { origin }))[2]).toMatchObject(origin);
});

test('an unknown event adds nothing', () => {
  expect(stepsOf(recorded({ type: 'Unknown', data: {} } as unknown as InquiryEvent, 1))).toEqual([]);
});
