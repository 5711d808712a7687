import { afterEach, describe, expect, test } from '@jest/globals';
import type { FakeApi } from '../testing/fake-api.ts';
import { fakeApi } from '../testing/fake-api.ts';
import { runCli } from '../testing/run-cli.ts';

const row = (number: number) => ({
  session_id: `0b8e2c9a-52a1-4c5e-9c53-${String(number).padStart(12, '0')}`,
  partner_id: 'P7689',
  start_time: '2026-11-24T08:00:00.000Z',
  last_activity_time: '2026-11-24T08:04:10.000Z',
  channel: 'whatsapp',
  current_task: null,
  status: 'active',
  revision: number,
});

let api: FakeApi;
afterEach(() => api.close());

/** Rows 0 to 1,199, in pages of at most 500. */
async function serveRows(): Promise<string> {
  api = await fakeApi({
    'GET /v1/sessions': ({ url }) => {
      const query = new URL(url, 'http://api').searchParams;
      const start = Number(query.get('after') ?? 0);
      const end = Math.min(1_200, start + Math.min(500, Number(query.get('limit'))));
      const items = Array.from({ length: end - start }, (_, index) => row(start + index));
      return { items, next: end < 1_200 ? String(end) : null };
    },
  });
  return api.url;
}

describe('a list', () => {
  test('is a table for people', async () => {
    const url = await serveRows();
    const { stdout, stderr } = await runCli(['sessions', '--utc', '--limit', '2', '--url', url]);
    expect(stdout.split('\n')).toEqual([
      'SESSION                               PARTNER  STATUS  CHANNEL   STARTED               LAST                  REV  TASK',
      '0b8e2c9a-52a1-4c5e-9c53-000000000000  P7689    active  whatsapp  2026-11-24 08:00:00Z  2026-11-24 08:04:10Z  0    -',
      '0b8e2c9a-52a1-4c5e-9c53-000000000001  P7689    active  whatsapp  2026-11-24 08:00:00Z  2026-11-24 08:04:10Z  1    -',
      '',
    ]);
    expect(stderr).toBe('There are more than 2: --limit 20, or --limit all.\n');
  });

  test('is NDJSON for programs, with the rows of the API', async () => {
    const url = await serveRows();
    const { stdout } = await runCli(['sessions', '--json', '--limit', '2', '--url', url]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([row(0), row(1)]);
  });

  test.each([
    ['50', 50, 1],
    ['600', 600, 2],
    ['1200', 1_200, 3],
    ['all', 1_200, 3],
  ])('with --limit %s has %i rows from %i pages', async (limit, rows, pages) => {
    const url = await serveRows();
    const { stdout } = await runCli(['sessions', '--json', '--limit', limit, '--url', url]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(rows);
    expect(api.received).toHaveLength(pages);
  });

  test('has colours on a terminal, unless NO_COLOR is set', async () => {
    const url = await serveRows();
    const args = ['sessions', '--limit', '1', '--url', url];
    const green = '\u001b[32mactive\u001b[39m';
    expect((await runCli(args, { columns: 200 })).stdout).toContain(green);
    expect((await runCli(args, { columns: 200, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
    expect((await runCli(args)).stdout).not.toContain('\u001b');
  });
});

describe('turns', () => {
  const turn = { ...row(1), timestamp: '2026-11-24T08:00:00.000Z', sender: 'user', parsed_intent: 'ask' };

  test('are filtered by their options, in any combination', async () => {
    api = await fakeApi({ 'GET /v1/turns': () => ({ items: [], next: null }) });
    const filter = {
      '--partner': 'P1',
      '--channel': 'ivr',
      '--sender': 'bot',
      '--intent': 'ask',
      '--goal': 'pay',
      '--flag': 'vip',
      '--handoff': 'accepted',
      '--outcome': 'partial',
      '--actor-role': 'agent',
      '--actor': 'payout-bot',
      '--from': '2026-03-01',
      '--to': '2026-04-01',
      '--forks': 'only',
      '--order': 'desc',
    };
    await runCli(['turns', ...Object.entries(filter).flat(), '--utc', '--url', api.url]);
    const { searchParams } = new URL(api.received[0]?.url ?? '', api.url);
    expect(Object.fromEntries(searchParams)).toEqual({
      partner_id: 'P1',
      channel: 'ivr',
      sender: 'bot',
      parsed_intent: 'ask',
      goal: 'pay',
      flag: 'vip',
      handoff: 'accepted',
      inquiry_outcome: 'partial',
      actor_role: 'agent',
      actor_id: 'payout-bot',
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-04-01T00:00:00.000Z',
      forks: 'only',
      order: 'desc',
      limit: '50',
    });
  });

  test('are found by words', async () => {
    api = await fakeApi({ 'POST /v1/turns/search': () => ({ items: [], next: null }) });
    await runCli(['turns', '--text', '-', '--order', 'desc', '--url', api.url], { input: 'paisa kab\n' });
    expect(api.received[0]?.body).toEqual({ text: 'paisa kab', order: 'desc', limit: 50 });
  });

  test('are found by a value from the standard input, which is in no URL', async () => {
    api = await fakeApi({ 'POST /v1/turns/search': () => ({ items: [], next: null }) });
    const args = ['turns', '--entity', 'phone=-', '--partner', 'P1', '--url', api.url];
    await runCli(args, { input: '98765 43210\n' });
    expect(api.received).toMatchObject([
      {
        url: '/v1/turns/search',
        body: { entity: { name: 'phone', value: '98765 43210' }, partner_id: 'P1', limit: 50 },
      },
    ]);
  });

  test('cannot control the terminal with their texts, and stay in one line', async () => {
    const message_text = `\u001b]0;owned\u0007\u001b[2J one\n\ntwo \u202edeveloper ${'long '.repeat(50)}`;
    api = await fakeApi({ 'GET /v1/turns': () => ({ items: [{ ...turn, message_text }], next: null }) });
    const { stdout } = await runCli(['turns', '--url', api.url], { columns: 140, env: { NO_COLOR: '1' } });
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/one two .*…$/);
    expect(lines[1]?.length).toBeLessThanOrEqual(140);
  });
});
