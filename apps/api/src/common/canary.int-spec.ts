import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../../libs/platform/src/testing/tcp-proxy.ts';
import type { TestApp } from '../test-app.ts';
import { startTestApp } from '../test-app.ts';

/** Personal data. Not a name: answers may quote names of fields, flags and goals. */
const canary = `Asha Rao ${randomUUID()} +91 98765 43210`;
const log: string[] = [];
let app: TestApp;
let eventStore: TcpProxy;
let id: string;
let message_id: string;
beforeAll(async () => {
  eventStore = await tcpProxy(process.env['EVENTSTORE_URL'] ?? '');
  const destination = { write: (line: string): void => void log.push(line) };
  app = await startTestApp({ eventStoreUrl: eventStore.url, log: destination });
  id = await app.start({ name: canary });
  message_id = canary.replaceAll(/[ +]/g, '-');
  await send('POST', 'turns', { ...turn, message_id });
  await send('POST', 'goals', { goal: 'pay', step: canary });
});
afterAll(async () => {
  await app.close();
  await eventStore.cut();
});

const turn = { sender: 'user', message_text: canary };

async function send(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const {
    status,
    headers: all,
    body: answer,
  } = await app.call(method, `/v1/sessions/${id}/${path}`, body, headers);
  return { status, text: JSON.stringify([...all, answer]) };
}

function expectNoCanary(text: string): void {
  for (const part of [canary, message_id, 'Asha', '98765']) expect(text).not.toContain(part);
}

const deep = `{"sender":"user","message_text":${'['.repeat(5_000)}"${canary}"${']'.repeat(5_000)}}`;
const cases: [number, string, string, unknown, Record<string, string>?][] = [
  [400, 'POST', 'turns', { ...turn, sender: canary }],
  [400, 'POST', 'turns', { ...turn, parsed_intent: [canary] }],
  [400, 'POST', 'turns', { ...turn, intent_confidence: canary }],
  [400, 'POST', 'turns', { ...turn, message_text: { text: canary } }],
  [400, 'POST', 'turns', { ...turn, message_text: canary.repeat(1_000) }],
  [400, 'POST', 'turns', { ...turn, extracted_entities: canary }],
  [400, 'POST', 'turns', { ...turn, turn_id: canary }],
  [400, 'POST', 'turns', `{"message_text":"${canary}",`],
  [400, 'POST', 'turns', canary],
  [400, 'POST', 'turns', `{"message_text":"${canary}","message_text":12345678901234567890.1}`],
  [400, 'POST', 'turns', deep],
  [400, 'POST', 'turns', turn, { 'agent-id': canary }],
  [400, 'POST', 'turns', turn, { traceparent: canary }],
  [400, 'POST', 'turns', turn, { 'if-match': canary }],
  [413, 'POST', 'turns', { ...turn, message_text: canary.repeat(10_000) }],
  [415, 'POST', 'turns', turn, { 'content-type': `text/plain; name=${canary}` }],
  [
    422,
    'POST',
    'turns',
    { ...turn, message_text: `other ${canary}`, message_id: canary.replaceAll(/[ +]/g, '-') },
  ],
  [412, 'POST', 'turns', turn, { 'if-match': '"99"' }],
  [400, 'POST', 'goals', { goal: 'pay', step: { canary } }],
  [409, 'PATCH', 'goals/none', { step: canary }],
  [400, 'PUT', 'flags/vip', { value: { canary } }],
  [400, 'POST', 'preferences', { preferences: { call_back: { canary } } }],
  [400, 'POST', 'preferences', { preferences: { language: canary } }],
  [400, 'POST', 'handoff', { action: canary, reason: canary }],
  [409, 'POST', 'handoff', { action: 'return', note: canary }],
  [400, 'POST', 'channel', { channel: canary }],
  [400, 'POST', 'external-updates', { system: canary, kind: canary, source_event_id: canary, data: canary }],
  [400, 'POST', 'inquiries', { kind: 'order_status', subject: { order_id: [canary] } }],
  [
    400,
    'POST',
    'commands',
    { commands: [{ type: canary }, { type: 'RecordTurn', ...turn, sender: canary }] },
  ],
  [400, 'GET', `context?min_revision=${encodeURIComponent(canary)}`, undefined],
  [400, 'GET', `events?from_revision=${encodeURIComponent(canary)}`, undefined],
];

test.each(cases)('%i to %s %s contains nothing personal, nor does the log', async (...given) => {
  const [status, method, path, body, headers] = given;
  const before = log.length;
  const answer = await send(method, path, body, headers);
  expect(answer.status).toBe(status);
  expectNoCanary(answer.text);
  expectNoCanary(log.slice(before).join(''));
});

test('nor do answers without the event store, or the metrics', async () => {
  await eventStore.cut();
  const answer = await send('POST', 'turns', turn);
  expect(answer.status).toBe(503);
  expectNoCanary(answer.text);
  expectNoCanary(log.join(''));
  expectNoCanary(await (await fetch(`${app.url}/metrics`)).text());
});
