import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withSystem } from '#launcher';
import { Failure } from '../tools/shared/failure.ts';
import { forkProgram, killChild } from '../tools/shared/fork.ts';
import { settle, withClients } from './backing-services.ts';
import { fill } from './conversations.ts';
import type { Order, Outcome } from './overload-generator.ts';

interface OverloadSize {
  readonly ms: number;
  readonly warmUpMs: number;
}

export const fullOverload: OverloadSize = { ms: 10_000, warmUpMs: 5_000 };
export const quickOverload: OverloadSize = { ms: 3_000, warmUpMs: 3_000 };

/** One point of the curve. */
interface Point extends Outcome {
  /** The offered load as a multiple of the capacity. */
  readonly load: number;
  readonly offered: number;
  /** The delay of the api's event loop (99th percentile). */
  readonly api_p99_ms: number;
}

export interface Overload {
  readonly capacity: number;
  readonly points: readonly Point[];
  /** Goodput at four times the capacity, relative to the best. */
  readonly ratio: number;
  /** The 99th percentile of the latency of admitted requests at twice the capacity, in milliseconds. */
  readonly p99_at_2: number;
}

export const target = { ratio: 0.8, p99_at_2: 750 };

const loads = [0.25, 0.5, 1, 1.5, 2, 3, 4];
const sessionsUsed = 512;
const inFlight = 64;
const cores = { generator: '0', system: '1' };

/**
 * Offers a private system increasing load, independently of its answers. The system has one core, the generator
 * another. The capacity is the throughput of 64 callers that wait for each answer.
 */
export async function measureOverload(
  { ms, warmUpMs }: OverloadSize,
  report: (text: string) => void,
): Promise<Overload> {
  pin(process.pid, cores.system);
  return withSystem({}, ({ apis: [url = ''], env }) =>
    withClients({ api: url, env }, async (clients) => {
      const sessions = await fill(clients.store, sessionsUsed, 10);
      const generator = forkProgram(join(import.meta.dirname, 'overload-generator.ts'));
      try {
        if (generator.pid !== undefined) pin(generator.pid, cores.generator);
        const measure = async (how: { inFlight: number } | { perSecond: number }): Promise<Outcome> => {
          await carryOut(generator, { url, sessions, ms: warmUpMs, ...how });
          const outcome = await carryOut(generator, { url, sessions, ms, ...how });
          await settle(clients, sessions);
          return outcome;
        };
        await carryOut(generator, { url, sessions, ms: 3 * warmUpMs, inFlight });
        const capacity = (await measure({ inFlight })).goodput;
        report(`capacity: ${Math.round(capacity)} turns a second`);
        const points: Point[] = [];
        for (const load of loads) {
          const offered = load * capacity;
          await loopDelayMs(url);
          const outcome = await measure({ perSecond: offered });
          points.push({ load, offered, ...outcome, api_p99_ms: await loopDelayMs(url) });
          report(`${load} times the capacity: ${Math.round(points.at(-1)?.goodput ?? 0)} a second`);
        }
        return summary(capacity, points);
      } finally {
        await killChild(generator);
      }
    }),
  );
}

function summary(capacity: number, points: readonly Point[]): Overload {
  const at = (load: number): Point | undefined => points.find((point) => point.load === load);
  const best = Math.max(...points.map(({ goodput }) => goodput));
  return { capacity, points, ratio: (at(4)?.goodput ?? 0) / best, p99_at_2: at(2)?.p99_ms ?? Infinity };
}

async function carryOut(generator: ChildProcess, order: Order): Promise<Outcome> {
  const ended = new AbortController();
  generator.once('exit', () => ended.abort(new Error('The generator of load has ended.')));
  const answered = once(generator, 'message', { signal: ended.signal }) as Promise<[Outcome]>;
  generator.send(order);
  const [outcome] = await answered;
  return outcome;
}

/** The 99th percentile of the delay of an api's event loop since the last call, in milliseconds. */
async function loopDelayMs(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return 1_000 * Number(/^nodejs_eventloop_lag_p99_seconds\S* (\S+)$/m.exec(metrics)?.[1]);
}

/** Pins a process and its children to one core. */
function pin(pid: number, core: string): void {
  try {
    execFileSync('taskset', ['-acp', core, String(pid)], { stdio: 'pipe' });
  } catch (cause) {
    throw new Failure('--overload needs two cores and taskset (util-linux): use Linux.', { cause });
  }
}
