import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CliTest } from './test-cli.ts';
import { startCliTest } from './test-cli.ts';

let cli: CliTest;
beforeAll(async () => {
  cli = await startCliTest();
  await cli.app.pool.query(
    `INSERT INTO conversation_turn (session_id, turn_id, partner_id, timestamp, ordered_at, sender, message_text,
       parsed_intent, extracted_entities, revision, channel, goal)
     VALUES ($1, $2, $3, now(), now(), 'user', $4, 'ask_payment_status', '{}', 1, 'whatsapp', 'resolve_payment')`,
    [cli.session_id, randomUUID(), cli.partner_id, cli.message_text],
  );
});
afterAll(() => cli.close());

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('turns are filtered in any mix', async () => {
  const filter = ['--intent', 'ask_payment_status', '--channel', 'whatsapp', '--goal', 'resolve_payment'];
  const args = [
    'turns',
    '--partner',
    cli.partner_id,
    ...filter,
    '--sender',
    'user',
    '--from',
    '1h',
    '--order',
    'desc',
  ];
  const { stdout, stderr } = await cli.as('analyst', [...args, '--json']);
  expect([stderr, lines(stdout)]).toMatchObject([
    '',
    [{ session_id: cli.session_id, message_text: '[masked]' }],
  ]);
  const others = await cli.as('analyst', [...args, '--actor', 'nobody', '--json']);
  expect([others.exitCode, others.stdout]).toEqual([0, '']);
});

test('sessions are filtered by their events', async () => {
  const args = [
    'sessions',
    '--partner',
    cli.partner_id,
    '--handoff',
    'requested',
    '--outcome',
    'partial',
    '--flag',
    'vip',
  ];
  const { exitCode, stderr } = await cli.as('auditor', args);
  expect([exitCode, stderr]).toEqual([0, 'Nothing was found.\n']);
});

test('turns are found by a value, for a purpose', async () => {
  const args = ['turns', '--entity', 'month=October', '--partner', cli.partner_id];
  expect(await cli.as('auditor', args)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('Say why with --purpose'),
  });
  expect((await cli.as('auditor', args, { purpose: 'complaint:4711' })).exitCode).toBe(0);
});

test('a timeline has the turns of all sessions', async () => {
  const args = ['timeline', cli.partner_id, '--order', 'desc', '--json'];
  const { stdout, stderr } = await cli.as('analyst', args);
  expect([stderr, lines(stdout)]).toMatchObject([
    '',
    [{ kind: 'turn', revision: 1, turn: { sender: 'user' } }],
  ]);
  const { stdout: shown } = await cli.as('auditor', ['timeline', cli.partner_id], {
    purpose: 'complaint:4711',
  });
  expect(shown).toContain(cli.message_text);
});
