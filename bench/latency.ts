import { Instance } from '../test/scenarios/agents/instance.ts';
import type { AnswerLatency } from '../test/scenarios/agents/latency.ts';
import { measureAnswers } from '../test/scenarios/agents/latency.ts';
import { withClients as withScenario } from '../test/scenarios/clients.ts';
import { withOwnSystem } from '../test/scenarios/system.ts';
import type { Clients } from './backing-services.ts';
import { settle, withClients } from './backing-services.ts';
import { fill, turn } from './conversations.ts';
import type { Lag } from './lag.ts';
import { latencyTargets, measureLag } from './lag.ts';
import { load, paced } from './load.ts';
import { lagLines, latencyLine } from './table.ts';

/** How fast acknowledged events are visible at half load. */
export interface Latencies {
  readonly lag: Lag & { readonly per_second: number };
  /** From the last answer on Kafka to the agent's handler, in milliseconds. */
  readonly answers: AnswerLatency;
}

interface LatencySize {
  readonly capacityMs: number;
  readonly lagMs: number;
  readonly answers: number;
}

export const fullLatency: LatencySize = { capacityMs: 6_000, lagMs: 20_000, answers: 300 };
export const quickLatency: LatencySize = { capacityMs: 2_000, lagMs: 4_000, answers: 40 };

const inFlight = 64;
/** The minimum interval between inquiries: each opens its session and waits for it (ms). */
const inquiryMs = 60;

/** Half load: half of the turns per second that 64 callers record when each waits for its answer. */
export function measureLatencies(size: LatencySize, report: (text: string) => void): Promise<Latencies> {
  return withOwnSystem((system) =>
    withClients({ api: system.apis[0], env: system.env }, async (clients) => {
      await recordAtOnce(clients, size.capacityMs);
      const perSecond = (await recordAtOnce(clients, size.capacityMs)) / 2;
      report(`half load: ${Math.round(perSecond)} turns a second`);
      const lag = await measureLag(clients, { perSecond, ms: size.lagMs });
      report('answers on Kafka meanwhile');
      const answers = await withScenario(system, async (connected) => {
        const agent = await Instance.start([system.apis[0]], 'bench');
        try {
          const ms = Math.ceil(1.5 * inquiryMs * size.answers);
          const [measured] = await Promise.all([
            measureAnswers(connected, agent, size.answers),
            recordPaced(clients, perSecond, ms),
          ]);
          return measured;
        } finally {
          await agent.kill();
        }
      });
      return { lag: { per_second: perSecond, ...lag }, answers };
    }),
  );
}

/** The result as a table. */
export function latencyTable({ lag, answers }: Latencies): string {
  const answered = [
    latencyLine('answer on Kafka to the handler', answers.total),
    latencyLine('of it until the inquiry is closed', answers.decision),
    latencyLine('and from there to the handler', answers.delivery),
  ];
  return [...lagLines(lag), ...answered, `(target of its p99: ${latencyTargets.answerMs} ms)`].join('\n');
}

/** Whether all times are within their targets. */
export function isFast({ lag, answers }: Latencies): boolean {
  return (
    lag.context.p99 <= latencyTargets.ratio * lag.bare.p99 && answers.total.p99 <= latencyTargets.answerMs
  );
}

/** Turns per second of callers that wait for each answer. */
async function recordAtOnce(clients: Clients, ms: number): Promise<number> {
  const ids = await fill(clients.store, inFlight, 10);
  const sessions = ids.map((id) => clients.turnstream.session(id));
  const { perSecond } = await load(inFlight, ms, async (caller) => sessions[caller]?.recordTurn(turn));
  await settle(clients, ids);
  return perSecond;
}

async function recordPaced(clients: Clients, perSecond: number, ms: number): Promise<void> {
  const ids = await fill(clients.store, inFlight, 10);
  const sessions = ids.map((id) => clients.turnstream.session(id));
  await paced(perSecond, ms, async (index) => sessions[index % inFlight]?.recordTurn(turn));
}
