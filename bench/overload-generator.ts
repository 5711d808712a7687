/**
 * Sends turns to an api as instructed by messages of its parent; in its own process, so that it can have its own
 * core.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { latencyOf } from '../tools/shared/statistics.ts';
import { authorization } from '../tools/shared/token.ts';
import { turn } from './conversations.ts';
import { HttpSockets } from './http-sockets.ts';
import { load, paced } from './load.ts';

/** An instruction to the generator. */
export type Order = { readonly url: string; readonly sessions: readonly string[]; readonly ms: number } & (
  | { readonly inFlight: number }
  | { readonly perSecond: number }
);

/** The results of the requests answered in time. */
export interface Outcome {
  readonly sent: number;
  readonly goodput: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly refused: number;
  readonly failed: number;
  /** The delay of the generator itself (99th percentile), which is included in the measured latency. */
  readonly own_p99_ms: number;
}

/** The number of senders, so that the api has several callers. */
const agents = 8;
const body = JSON.stringify(turn);
const { authorization: token } = authorization();
const credentials = token === undefined ? '' : `authorization: ${token}\r\n`;
const rest = `${credentials}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
let sockets: HttpSockets | undefined;

/** Resolves to the status; 0 when the connection broke. */
function send({ url, sessions }: Order, index: number): Promise<number> {
  sockets ??= new HttpSockets(new URL(url));
  const path = `/v1/sessions/${sessions[index % sessions.length]}/turns`;
  return sockets.send(
    `POST ${path} HTTP/1.1\r\nhost: ${url.slice('http://'.length)}\r\nagent-id: bench-${index % agents}\r\n${rest}`,
  );
}

async function carryOut(order: Order): Promise<Outcome> {
  const latencies: number[] = [];
  let [sent, refused, failed] = [0, 0, 0];
  const own = monitorEventLoopDelay({ resolution: 5 });
  own.enable();
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
  own.disable();
  const own_p99_ms = own.percentile(99) / 1e6;
  return { sent, goodput, p50_ms: p50, p99_ms: p99, refused, failed, own_p99_ms };
}

// The TypeScript loader lets a program end even if its parent may still send a message.
process.channel?.ref();
process.on('message', (order: Order) => void carryOut(order).then((outcome) => process.send?.(outcome)));
process.once('disconnect', () => process.exit());
