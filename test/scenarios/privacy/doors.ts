import { randomUUID } from 'node:crypto';
import { authorization } from '../../../tools/shared/token.ts';

/** A unique value for each door by which personal data come in, by the name of the door. */
export type Canaries = Readonly<Record<string, string>>;

interface Sent {
  readonly sessionId: string;
  readonly partnerId: string;
  readonly canaries: Canaries;
}

/** Sends unique personal values through every door of the api. Refused requests are among them. */
export async function sendThroughDoors(api: string): Promise<Sent> {
  const canaries: Record<string, string> = {};
  const canary = (door: string): string => (canaries[door] ??= `canary${randomUUID().replaceAll('-', '')}`);
  const partnerId = `P-${randomUUID()}`;
  const send = async (
    method: string,
    path: string,
    body: object,
    headers = {},
  ): Promise<Record<string, unknown>> => {
    const response = await fetch(`${api}/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...authorization(), ...headers },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const started = await send('POST', 'sessions', {
    partner_id: partnerId,
    channel: 'whatsapp',
    language: 'hi',
    name: canary('name'),
    device: canary('device'),
    region: canary('region'),
  });
  const sessionId = String(started['session_id']);
  const to = (method: string, path: string, body: object, headers = {}): Promise<object> =>
    send(method, `sessions/${sessionId}/${path}`, body, headers);
  const turn = { sender: 'user', message_text: canary('text'), message_id: canary('message_id') };
  const more = { extracted_entities: { city: canary('entity') }, response_text: canary('response') };
  await to('POST', 'turns', { ...turn, ...more }, { 'idempotency-key': canary('key') });
  await to('POST', 'turns', { ...turn, message_text: canary('reused') });
  await to('POST', 'goals', { goal: 'resolve_payment', step: canary('step') });
  await to('POST', 'preferences', { preferences: { call_back: canary('preference') } });
  await to('PUT', 'flags/vip', { value: canary('flag') });
  await to('POST', 'handoff', { action: 'request', reason: canary('reason') });
  await to('POST', 'external-updates', {
    system: 'crm',
    kind: 'noted',
    source_event_id: randomUUID(),
    data: { note: canary('data') },
  });
  await to('POST', 'inquiries', { kind: 'order_status', subject: { order_id: `ORD-${canary('subject')}` } });
  await to('POST', 'turns', { ...turn, sender: canary('refused') });
  await to('POST', 'turns', { ...turn, message_text: canary('conflict') }, { 'if-match': '"999"' });
  return { sessionId, partnerId, canaries };
}

/** What the api answers to readings of a session. */
export async function readSession(api: string, sessionId: string): Promise<string> {
  const paths = ['context', 'events?limit=1000'].map((path) => `${api}/v1/sessions/${sessionId}/${path}`);
  const answers = await Promise.all(paths.map((path) => fetch(path, { headers: authorization() })));
  return (await Promise.all(answers.map((answer) => answer.text()))).join('\n');
}
