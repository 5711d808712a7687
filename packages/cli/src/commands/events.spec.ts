import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FakeApi, Received } from '../testing/fake-api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/run-cli.ts';

const id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10';
const path = `/v1/sessions/${id}/events`;
const event = (revision: number, more: object = {}): object => ({
  event_id: `e-${revision}`,
  type: 'GoalSet',
  revision,
  created: '2026-11-24T08:00:00.000Z',
  data: { goal: 'pay', step: null },
  metadata: { occurred_at: '2026-11-24T08:00:00.000Z', actor: { role: 'agent', id: 'a', instance: 'bot-7' } },
  ...more,
});
const turn = { type: 'TurnRecorded', data: { sender: 'user', message_text: 'नमस्ते\u001b[31m' } };

let api: FakeApi;
afterEach(() => api.close());

function send(response: ServerResponse, ...events: object[]): void {
  for (const sent of events) {
    const { revision = 0, type = '' } = sent as { readonly revision?: number; readonly type?: string };
    response.write(`id: ${revision}\nevent: ${type}\ndata: ${JSON.stringify(sent)}\n\n`);
  }
}
const end = (response: ServerResponse): void => void response.end('event: end\ndata: {}\n\n');

/** The connections get these parts of the stream, in order. */
async function serve(...connections: ((response: ServerResponse) => void)[]): Promise<string> {
  const session = { session_id: id, revision: 41 };
  api = await fakeApi({
    [`GET ${path}`]: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1000\n\n:\n\n');
      connections.shift()?.(response);
    },
    [`GET /v1/sessions/${id}`]: () => session,
  });
  return api.url;
}
const connections = (): readonly Received[] => api.received.filter(({ url }) => url.startsWith(path));
const query = (): unknown =>
  Object.fromEntries(new URL(api.received.at(-1)?.url ?? '', 'http://api').searchParams);

describe('replay', () => {
  test('writes a line for each event, to the end', async () => {
    const url = await serve((response) => {
      send(response, event(0), event(1, turn));
      end(response);
    });
    const { exitCode, stdout } = await runCli(['replay', id, '--utc', '--url', url]);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '2026-11-24 08:00:00Z      0  GoalSet                   agent/bot-7       goal=pay',
      '2026-11-24 08:00:00Z      1  TurnRecorded              agent/bot-7       user: नमस्ते\ufffd[31m',
      '',
    ]);
    expect(api.received[0]?.headers.accept).toBe('text/event-stream');
  });

  test('asks for speed, direction, types and range', async () => {
    const url = await serve(end);
    const options = [
      '--speed',
      '10',
      '--backwards',
      '--type',
      'GoalSet,TurnRecorded',
      '--from',
      '9',
      '--to',
      '3',
    ];
    const { stderr } = await runCli(['replay', id, ...options, '--url', url]);
    expect(stderr).toBe('There are no such events.\n');
    expect(query()).toEqual({
      speed: '10',
      direction: 'backwards',
      type: 'GoalSet,TurnRecorded',
      from_revision: '9',
      to_revision: '3',
    });
  });

  test('continues after the last complete event when the connection is lost', async () => {
    const url = await serve(
      (response) => {
        send(response, event(0), event(1));
        response.end('id: 2\ndata: {"half');
      },
      (response) => {
        send(response, event(2));
        end(response);
      },
    );
    const { exitCode, stdout, stderr } = await runCli(['replay', id, '--json', '--url', url]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('The connection was lost; reconnecting.\n');
    const revisions = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { revision: number }).revision);
    expect(revisions).toEqual([0, 1, 2]);
    expect(connections().map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1']);
  });

  test('ends after --limit events', async () => {
    const url = await serve((response) => send(response, event(0), event(1), event(2)));
    const { exitCode, stdout } = await runCli(['replay', id, '--limit', '2', '--json', '--url', url]);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });

  test('truncates lines that do not fit the terminal', async () => {
    const url = await serve((response) => {
      send(response, event(0, { data: { note: 'x'.repeat(200) } }));
      end(response);
    });
    const env = { NO_COLOR: '1' };
    const { stdout } = await runCli(['replay', id, '--url', url], { columns: 100, env });
    expect(stdout.trimEnd()).toHaveLength(100);
    expect(stdout.trimEnd().endsWith('x…')).toBe(true);
  });
});

describe('tail', () => {
  test('starts with the last events, follows, and ends with Ctrl-C', async () => {
    const interrupted = new AbortController();
    const url = await serve((response) => {
      send(response, event(41));
      response.write('', () => setImmediate(() => interrupted.abort()));
    });
    const args = ['tail', id, '--last', '3', '--type', 'GoalSet', '--url', url];
    const { exitCode, stderr } = await runCli(args, { signal: interrupted.signal });
    expect([exitCode, stderr]).toEqual([130, '']);
    expect(query()).toEqual({ follow: '1', from_revision: '39', type: 'GoalSet' });
  });
});

describe('context', () => {
  const contextPath = `/v1/sessions/${id}/context`;

  test.each([
    [['--at', '2026-11-24T08:00Z'], { at: '2026-11-24T08:00:00.000Z' }],
    [['--at-revision', '3'], { at_revision: '3' }],
    [['--at-revision', '3', '--explain'], { at_revision: '3', explain: '1' }],
    [[], {}],
  ])('with %j asks for %j', async (options, expected) => {
    api = await fakeApi({ [`GET ${contextPath}`]: () => ({ revision: 3 }) });
    const { stdout } = await runCli(['context', id, ...options, '--url', api.url]);
    expect(stdout).toBe('revision: 3\n');
    expect(query()).toEqual(expected);
  });

  test('explained is a table of its fields', async () => {
    const explanation = {
      type: 'ExternalUpdateRecorded',
      revision: 38,
      occurred_at: '2026-11-24T08:00:00.000Z',
      actor: { role: 'system', id: 'logistics' },
      system: 'logistics',
    };
    const explained = { 'order_tracking.status': explanation };
    api = await fakeApi({ [`GET ${contextPath}`]: () => ({ revision: 38, explained }) });
    const { stdout } = await runCli(['context', id, '--explain', '--utc', '--url', api.url]);
    expect(stdout.split('\n')[1]).toBe(
      'order_tracking.status  38   ExternalUpdateRecorded  2026-11-24 08:00:00Z  system/logistics  logistics',
    );
  });

  test('is as of one point only', async () => {
    api = await fakeApi({});
    const { exitCode } = await runCli(['context', id, '--at', '2h', '--at-revision', '3', '--url', api.url]);
    expect(exitCode).toBe(2);
  });
});

describe('diff', () => {
  const diffPath = `/v1/sessions/${id}/context/diff`;
  const by = { type: 'GoalAdvanced', revision: 7, occurred_at: '2026-11-24T08:00:00.000Z', system: null };
  const changes = [
    {
      path: '/goal_state/step',
      before: 'verify_bank',
      after: 'pay',
      event: { ...by, actor: { role: 'agent', id: 'a' } },
    },
    { path: '/external/0', after: { a: 1 }, event: by },
  ];

  test('shows each field before and after, and the event', async () => {
    api = await fakeApi({ [`GET ${diffPath}`]: () => ({ from: 5, to: 9, changes }) });
    const { stdout } = await runCli(['diff', id, '5', '9', '--utc', '--url', api.url]);
    expect(stdout.split('\n')).toEqual([
      'revision 5 to 9: 2 changes',
      '/goal_state/step  revision 7 · GoalAdvanced · 2026-11-24 08:00:00Z · agent/a',
      '  - verify_bank',
      '  + pay',
      '/external/0  revision 7 · GoalAdvanced · 2026-11-24 08:00:00Z',
      '  + {"a":1}',
      '',
    ]);
    expect(query()).toEqual({ from: '5', to: '9' });
  });

  test.each([
    [['-1'], { from: '-1' }],
    [['2026-11-24', '12'], { from_at: '2026-11-24T00:00:00.000Z', to: '12' }],
  ])('from %j asks for %j', async (points, expected) => {
    api = await fakeApi({ [`GET ${diffPath}`]: () => ({ from: 0, to: 0, changes: [] }) });
    expect((await runCli(['diff', id, ...points, '--utc', '--url', api.url])).exitCode).toBe(0);
    expect(query()).toEqual(expected);
  });
});
