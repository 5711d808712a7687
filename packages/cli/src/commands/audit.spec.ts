import { afterEach, describe, expect, test } from '@jest/globals';
import type { FakeApi } from '../testing/fake-api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/run-cli.ts';

const ids = [1, 2, 3].map((number) => `0b8e2c9a-52a1-4c5e-9c53-00000000000${number}`);
const [id = ''] = ids;

let api: FakeApi;
afterEach(() => api.close());

describe('trace', () => {
  const node = (type: string, more: object = {}): object => ({
    kind: 'event',
    type,
    session_id: id,
    revision: 4,
    created: '2026-11-24T08:00:00.012Z',
    actor: { role: 'agent', id: 'bot' },
    detail: {},
    children: [],
    ...more,
  });
  const request = node('orders', {
    kind: 'request',
    session_id: null,
    actor: null,
    detail: { source: 'orders' },
  });
  const trace = {
    correlation_id: 'c/1',
    session_ids: [id],
    events: 3,
    started_at: '2026-11-24T08:00:00.000Z',
    ended_at: '2026-11-24T08:00:01.500Z',
    truncated: true,
    children: [
      node('TurnRecorded', { children: [node('TurnRecorded')] }),
      node('InquiryOpened', { children: [request], forked_from: id, published: false }),
    ],
  };

  test('is a tree with times', async () => {
    api = await fakeApi({ 'GET /v1/trace/c%2F1': () => trace });
    const { stdout, stderr } = await runCli(['trace', 'c/1', '--utc', '--url', api.url]);
    expect(stdout.split('\n')).toEqual([
      '2026-11-24 08:00:00Z  3 events in 1 sessions within 1500 ms',
      '├─ +12 ms  TurnRecorded  0b8e2c9a@4  agent/bot',
      '│  └─ +12 ms  TurnRecorded  0b8e2c9a@4  agent/bot',
      '└─ +12 ms  InquiryOpened  0b8e2c9a@4  agent/bot  fork of 0b8e2c9a  not published yet',
      '   └─ +12 ms  orders  request  source=orders',
      '',
    ]);
    expect(stderr).toBe('There is more than what is shown.\n');
  });
});

describe('timeline', () => {
  test('has turns and what else happened, of all sessions', async () => {
    const item = {
      at: '2026-11-24T08:00:00.000Z',
      session_id: id,
      revision: 1,
      name: null,
      outcome: null,
      turn: null,
    };
    const turn = { sender: 'user', parsed_intent: 'ask', message_text: 'Where?' };
    const items = [
      { ...item, kind: 'inquiry_closed', name: 'order_status', outcome: 'partial' },
      { ...item, kind: 'turn', turn },
    ];
    api = await fakeApi({ 'GET /v1/partners/P%201/timeline': () => ({ items, next: null }) });
    const args = ['timeline', 'P 1', '--order', 'desc', '--utc', '--from', '2026-11-01', '--url', api.url];
    const { stdout } = await runCli(args);
    expect(stdout.split('\n').slice(1)).toEqual([
      '2026-11-24 08:00:00Z  0b8e2c9a  1    inquiry_closed  order_status: partial  -',
      '2026-11-24 08:00:00Z  0b8e2c9a  1    user            ask                    Where?',
      '',
    ]);
    expect(api.received[0]?.url).toContain('?from=2026-11-01T00%3A00%3A00.000Z&order=desc&limit=50');
  });
});

async function serveReports(...reports: object[]): Promise<void> {
  const items = reports.map((_, index) => ({ session_id: ids[index] }));
  const routes = reports.map((report, index) => [
    `GET /v1/sessions/${ids[index]}/verification`,
    () => ({ session_id: ids[index], ...report }),
  ]);
  api = await fakeApi({
    'GET /v1/sessions': () => ({ items, next: null }),
    ...Object.fromEntries(routes),
  });
}

describe('verify', () => {
  const intact = { intact: true, events: 42, revision: 41, sealed_to: 38, faults: [], gaps: [] };
  const changed = {
    ...intact,
    intact: false,
    faults: [{ kind: 'changed', revision: 17, event_id: 'e-17', detail: 'The data were changed.' }],
    gaps: [{ kind: 'truncated', from: 0, to: 9, reason: 'retention' }],
  };

  test('of an intact session ends with 0', async () => {
    await serveReports(intact);
    const { exitCode, stdout } = await runCli(['verify', id, '--url', api.url]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${id}  intact  42 events to revision 41, signed up to revision 38\n`);
  });

  test('of a changed one ends with 1 and names the event', async () => {
    await serveReports(changed);
    const { exitCode, stdout, stderr } = await runCli(['verify', id, '--url', api.url]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('  changed  revision 17  e-17  The data were changed.\n');
    expect(stdout).toContain('  truncated  revisions 0 to 9, by retention\n');
    expect(stderr).toBe('The history was changed.\n');
  });

  const unproven = {
    ...intact,
    intact: false,
    sealed_to: null,
    root_faults: [{ number: 3, kind: 'unknown_key', detail: 'It cannot be verified.' }],
  };

  test('of one that a faulty root may cover ends with 1 and names the root', async () => {
    await serveReports(unproven);
    const { exitCode, stdout, stderr } = await runCli(['verify', id, '--url', api.url]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      `${id}  not proven  42 events to revision 41, no signed root covers it verifiably\n` +
        '  unknown_key  root 3  It cannot be verified.\n',
    );
    expect(stderr).toBe('The history is not proven: a signed root that may cover it has a fault.\n');
  });

  test('of all sessions counts those that faulty roots may cover', async () => {
    await serveReports(intact, changed, unproven);
    const { exitCode, stdout, stderr } = await runCli(['verify', '--all', '--url', api.url]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${ids[2]}  not proven`);
    expect(stderr).toContain('126 events of 3 sessions checked, 1 sessions changed, 1 not proven.');
    api.close();
    await serveReports(unproven);
    const none = await runCli(['verify', '--all', '--url', api.url]);
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toContain('Histories are not proven: signed roots that may cover them have faults.');
  });

  test('of all sessions shows the changed ones', async () => {
    await serveReports(intact, changed, intact);
    const { exitCode, stdout, stderr } = await runCli(['verify', '--all', '--url', api.url]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`${ids[1]}  changed`);
    expect(stdout).not.toContain('intact');
    expect(stderr).toContain('126 events of 3 sessions checked, 1 sessions changed.');
  });

  test('of all as NDJSON has a report for each, in order', async () => {
    await serveReports(intact, changed, intact);
    const { stdout } = await runCli(['verify', '--all', '--json', '--url', api.url]);
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { session_id: string });
    expect(reports.map(({ session_id }) => session_id)).toEqual(ids);
  });

  test.each([[[]], [[id, '--all']]])('with %j is a wrong command line', async (args) => {
    await serveReports();
    expect((await runCli(['verify', ...args, '--url', api.url])).exitCode).toBe(2);
  });
});
