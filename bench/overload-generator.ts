/** Sends turns to an api as it is told by messages of its parent, in a process of its own, so that it can have a core of its own. */
import { Agent, request } from 'node:http';
import { latencyOf } from '../tools/shared/statistics.ts';
import { turn } from './conversations.ts';
import { load, paced } from './load.ts';

/** What the generator is told to do. */
export type Order = { readonly url: string; readonly sessions: readonly string[]; readonly ms: number } & (
  { readonly inFlight: number } | { readonly perSecond: number }
);

/** What became of the requests that were answered in time. */
export interface Outcome {
  readonly sent: number;
  readonly goodput: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly refused: number;
  readonly failed: number;
}

/** Senders, so that the api has several callers. */
const agents = 8;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const body = JSON.stringify(turn);

/** Resolves to the status; 0 when the connection broke. */
function send({ url, sessions }: Order, index: number): Promise<number> {
  const path = `/v1/sessions/${sessions[index % sessions.length]}/turns`;
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'agent-id': `bench-${index % agents}`,
  };
  return new Promise((resolve) => {
    const sent = request(url + path, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
      answer.once('error', () => resolve(0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

async function carryOut(order: Order): Promise<Outcome> {
  const latencies: number[] = [];
  let [sent, refused, failed] = [0, 0, 0];
  const began = performance.now();
  const one = async (): Promise<void> => {
    const index = sent++;
    const start = performance.now();
    const status = await send(order, index);
    const now = performance.now();
    if (status === 429 || status === 503) refused += 1;
    else if (status !== 201) failed += 1;
    else if (now - began <= order.ms) latencies.push(now - start);
  };
  if ('inFlight' in order) await load(order.inFlight, order.ms, one);
  else await paced(order.perSecond, order.ms, one);
  const { p50, p99 } = latencyOf(latencies);
  const goodput = (latencies.length * 1_000) / order.ms;
  return { sent, goodput, p50_ms: p50, p99_ms: p99, refused, failed };
}

// The loader of TypeScript lets a program end although its parent may still have something to say.
process.channel?.ref();
process.on('message', (order: Order) => void carryOut(order).then((outcome) => process.send?.(outcome)));
process.once('disconnect', () => process.exit());
