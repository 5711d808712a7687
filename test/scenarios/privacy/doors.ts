import { randomInt, randomUUID } from 'node:crypto';
import validator from 'validator';
import { authorization } from '../../../tools/shared/token.ts';

/** A unique value for each input of personal data, by the name of the input. */
export type Canaries = Readonly<Record<string, string>>;

export interface Sent {
  readonly sessionId: string;
  readonly partnerId: string;
  /** The subject of the opened inquiry. */
  readonly orderId: string;
  readonly canaries: Record<string, string>;
  /**
   * A phone and a card number in each of their spellings: they must not be found, and the api shows tokens for them.
   */
  readonly recognised: Canaries;
}

/** A value that nothing else contains. */
export function newCanary(): string {
  return `canary${randomUUID().replaceAll('-', '')}`;
}

/** Sends unique personal values through every input of the api, including refused requests. */
export async function sendThroughDoors(api: string): Promise<Sent> {
  const canaries: Record<string, string> = {};
  const canary = (door: string): string => (canaries[door] ??= newCanary());
  const partnerId = `P-${randomUUID()}`;
  const recognised = newNumbers();
  const orderId = `ORD-${canary('subject')}`;
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
  const numbers = `Call ${recognised['phone spaced']}, my card is ${recognised['card spaced']}.`;
  const { phone, card } = recognised;
  await to('POST', 'turns', { sender: 'user', message_text: numbers, extracted_entities: { phone, card } });
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
  await to('POST', 'inquiries', {
    kind: 'order_status',
    subject: { order_id: orderId },
    timeout_ms: 120_000,
  });
  await to('POST', 'turns', { ...turn, sender: canary('refused') });
  await to('POST', 'turns', { ...turn, message_text: canary('conflict') }, { 'if-match': '"999"' });
  return { sessionId, partnerId, orderId, canaries, recognised };
}

/** A unique phone and card number, as stored and as people write them. */
function newNumbers(): Canaries {
  const phone = `9${digits(9)}`;
  const first = `4${digits(14)}`;
  const card = first + ([...Array(10).keys()].find((last) => validator.isLuhnNumber(first + last)) ?? '');
  const spaced = card.replaceAll(/\d{4}(?=\d)/g, '$& ');
  return { phone, 'phone spaced': `${phone.slice(0, 5)} ${phone.slice(5)}`, card, 'card spaced': spaced };
}

function digits(count: number): string {
  return String(randomInt(10 ** count)).padStart(count, '0');
}

/** The api's answers to reads of a session. */
export async function readSession(api: string, sessionId: string): Promise<string> {
  const session = `sessions/${sessionId}`;
  const paths = [
    session,
    `${session}/context`,
    `${session}/events?limit=1000`,
    `turns?session_id=${sessionId}`,
  ];
  const headers = authorization();
  const answers = await Promise.all(paths.map((path) => fetch(`${api}/v1/${path}`, { headers })));
  return (await Promise.all(answers.map((answer) => answer.text()))).join('\n');
}
