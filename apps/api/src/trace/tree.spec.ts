import { expect, test } from '@jest/globals';
import type { JsonObject } from '#domain';
import type { TracedEvent, TraceNode } from './tree.ts';
import { traceTree } from './tree.ts';

const start = Date.parse('2026-11-24T08:00:00.000Z');
let count = 0;

/** An event at a revision of a session, stored one second after the previous one. */
function event(
  session_id: string,
  revision: number,
  type: string,
  data: JsonObject = {},
  metadata: JsonObject = {},
): TracedEvent {
  count += 1;
  const created = new Date(start + count * 1_000).toISOString();
  const actor = { role: 'agent', id: 'spec' };
  return {
    session_id,
    event_id: `${session_id}-${revision}`,
    type,
    revision,
    created,
    data,
    metadata: { occurred_at: created, actor, $correlationId: 'c', ...metadata },
    published: null,
  };
}

/** The tree in a short form: each node with its children. */
function inShort(nodes: readonly TraceNode[]): unknown[] {
  return nodes.map(({ kind, type, children }) => {
    const name = kind === 'event' ? type : `${kind} ${type}`;
    return children.length === 0 ? name : [name, ...inShort(children)];
  });
}

const inquiry = { inquiry_id: 'i' };
const place = (command_event: number) => ({ command_event, command_events: 3 });
const ask = (source: string, attempt = 1) => ({ source, attempt, request: {} });

test('events of one command are below its first', () => {
  const events = [
    event('s', 4, 'TurnRecorded', { turn_id: 't' }, place(0)),
    event('s', 5, 'TurnRecorded', { turn_id: 'u', in_reply_to: 't' }, place(1)),
    event('s', 6, 'GoalSet', { goal: 'pay' }, place(2)),
  ];
  expect(inShort(traceTree(events, []))).toEqual([['TurnRecorded', 'TurnRecorded', 'GoalSet']]);
});

test('a reply in a separate command is below the turn that it answers', () => {
  const events = [
    event('s', 1, 'TurnRecorded', { turn_id: 't' }),
    event('s', 2, 'FlagRaised', { flag: 'vip' }),
    event('s', 3, 'TurnRecorded', { turn_id: 'u', in_reply_to: 't' }),
  ];
  expect(inShort(traceTree(events, []))).toEqual([['TurnRecorded', 'TurnRecorded'], 'FlagRaised']);
});

test('an inquiry has its requests, each with its answer and the next requests', () => {
  const closing = { command_event: 1, command_events: 2 };
  const events = [
    event('s', 1, 'InquiryOpened', { ...inquiry, requests: [ask('orders')] }),
    event('s', 2, 'InquiryFailed', {
      ...inquiry,
      source: 'orders',
      attempt: 1,
      retry: { request: ask('orders', 2) },
    }),
    event('s', 3, 'InquiryAnswered', {
      ...inquiry,
      source: 'orders',
      attempt: 2,
      requests: [ask('logistics')],
    }),
    event('s', 4, 'InquiryAnswered', { ...inquiry, source: 'logistics', attempt: 1, requests: [] }),
    event('s', 5, 'InquiryClosed', { ...inquiry, outcome: 'complete' }, closing),
    event('s', 6, 'InquiryCorrected', { ...inquiry, source: 'orders' }),
  ];
  const request = 'request InquiryRequest';
  expect(inShort(traceTree(events, []))).toEqual([
    [
      'InquiryOpened',
      [
        request,
        [
          'InquiryFailed',
          [request, ['InquiryAnswered', [request, ['InquiryAnswered', 'InquiryClosed']]], 'InquiryCorrected'],
        ],
      ],
    ],
  ]);
});

test('an inquiry that closes at its deadline is below its opening, erased requests below nothing', () => {
  const events = [
    event('s', 1, 'InquiryOpened', { ...inquiry, requests: [] }),
    event('s', 2, 'InquiryFailed', { ...inquiry, source: 'orders', attempt: 1, retry: {} }),
    event('s', 3, 'InquiryClosed', { ...inquiry, outcome: 'expired' }),
  ];
  expect(inShort(traceTree(events, []))).toEqual([['InquiryOpened', 'InquiryFailed', 'InquiryClosed']]);
});

test('an update of another system is once above the events of all its sessions', () => {
  const update = { system: 'orders', source_event_id: 'e-1' };
  const events = ['a', 'b'].map((session) => event(session, 7, 'ExternalUpdateRecorded', update));
  const tree = traceTree(events, []);
  expect(inShort(tree)).toEqual([
    ['message ExternalUpdate', 'ExternalUpdateRecorded', 'ExternalUpdateRecorded'],
  ]);
  expect(tree[0]).toMatchObject({ session_id: null, detail: { system: 'orders', source_event_id: 'e-1' } });
});

test('an acknowledgement is below its update', () => {
  const events = [event('s', 1, 'FlagRaised'), event('s', 2, 'FlagCleared')];
  const updates: JsonObject[] = [
    { revision: 1, latency_ms: 12 },
    { revision: 2, latency_ms: 5, skipped: 'handler_timed_out' },
    { revision: 9, latency_ms: 1 },
  ];
  const tree = traceTree(events, [event('s', 3, 'UpdateAcknowledged', { instance: 'bot-7', updates })]);
  expect(tree).toMatchObject([
    { children: [{ kind: 'acknowledgement', detail: { instance: 'bot-7', latency_ms: 12 } }] },
    { children: [{ detail: { latency_ms: 5, skipped: 'handler_timed_out' } }] },
  ]);
});

test('an update that the owner of its session has not acknowledged says so', () => {
  const own = { actor: { role: 'agent', id: 'bot', instance: 'bot-7' } };
  const events = [
    event('s', 1, 'FlagRaised'),
    event('s', 2, 'FlagCleared'),
    event('s', 3, 'GoalSet', {}, own),
    event('s', 4, 'AgentAttached'),
    event('t', 1, 'FlagRaised'),
  ];
  const owners = new Map([
    ['s', { instance: 'bot-7', epoch: 2, acknowledged: 1 }],
    ['t', { instance: null, epoch: 1, acknowledged: 0 }],
  ]);
  const tree = traceTree(events, [], owners);
  expect(inShort(tree)).toEqual([
    'FlagRaised',
    ['FlagCleared', 'push UpdateUnacknowledged'],
    'GoalSet',
    'AgentAttached',
    'FlagRaised',
  ]);
  expect(tree[1]?.children).toMatchObject([{ revision: 2, detail: { instance: 'bot-7', epoch: 2 } }]);
});

test('an event of a fork names the session that it was forked from', () => {
  const [node] = traceTree([event('s', 0, 'SessionForked', {}, { forked_from: 'o' })], []);
  expect(node).toMatchObject({ forked_from: 'o' });
});

test('an event is below the one that its causation id names', () => {
  const events = [event('a', 1, 'GoalSet'), event('b', 1, 'FlagRaised', {}, { $causationId: 'a-1' })];
  expect(inShort(traceTree(events, []))).toEqual([['GoalSet', 'FlagRaised']]);
});

test('a node shows ids and names, nothing personal', () => {
  const [node] = traceTree([event('s', 1, 'TurnRecorded', { turn_id: 't', message_text: 'secret' })], []);
  expect(node?.detail).toEqual({ turn_id: 't' });
});
