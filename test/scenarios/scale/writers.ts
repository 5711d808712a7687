import { randomUUID } from 'node:crypto';
import { sleep } from '#platform';

/** An acknowledged command. */
export interface Acknowledged {
  readonly session_id: string;
  readonly key: string;
  readonly revision: number;
}

export interface Writer {
  readonly sessionId: string;
  readonly partnerId: string;
  readonly acknowledged: readonly Acknowledged[];
  /** Answers without an acknowledgement, after which the command was repeated. */
  readonly repeated: number;
  /** The longest time from the first attempt of a command to its acknowledgement (ms). */
  readonly slowestMs: number;
}

interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Repeats a command with the same key until it is acknowledged. */
export async function sendUntilAcknowledged(
  { url, headers }: Target,
  path: string,
  body: object,
  key: string,
): Promise<{ readonly session_id: string; readonly revision: number; readonly attempts: number }> {
  for (let attempts = 1; ; attempts += 1) {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    }).catch(() => undefined);
    if (answer?.ok)
      return { ...((await answer.json()) as { session_id: string; revision: number }), attempts };
    const text = await answer?.text().catch(() => '');
    if (answer !== undefined && answer.status < 500 && ![408, 421, 429].includes(answer.status))
      throw new Error(`${path}: ${answer.status} ${text}`);
    await sleep(Math.max(20, retryAfterMs(answer, text)));
  }
}

/** When a refused caller may come again: as its body says, else its header. */
function retryAfterMs(answer: Response | undefined, text = ''): number {
  const exact = /"retry_after_ms":(\d+)/.exec(text)?.[1];
  return exact === undefined ? Number(answer?.headers.get('retry-after') ?? 0) * 1_000 : Number(exact);
}

/** Starts a session of a partner and records turns in it, one after the other with a pause, until the signal. */
export async function writeTurns(
  target: Target,
  partnerId: string,
  pauseMs: number,
  signal: AbortSignal,
): Promise<Writer> {
  const start = { partner_id: partnerId, channel: 'whatsapp', language: 'en' };
  const { session_id: sessionId } = await sendUntilAcknowledged(target, '/v1/sessions', start, randomUUID());
  const acknowledged: Acknowledged[] = [];
  let [repeated, slowestMs] = [0, 0];
  while (!signal.aborted) {
    const key = randomUUID();
    const begun = performance.now();
    const body = { sender: 'user', message_text: `turn ${acknowledged.length}` };
    const path = `/v1/sessions/${sessionId}/turns`;
    const { revision, attempts } = await sendUntilAcknowledged(target, path, body, key);
    acknowledged.push({ session_id: sessionId, key, revision });
    repeated += attempts - 1;
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    await sleep(pauseMs);
  }
  return { sessionId, partnerId, acknowledged, repeated, slowestMs };
}
