import { randomUUID } from 'node:crypto';
import { sleep, waitUntil } from '#platform';
import type { Latency } from '../../../tools/shared/statistics.ts';
import { latencyOf } from '../../../tools/shared/statistics.ts';
import type { ConnectedSystem } from '../clients.ts';
import { withTurnstream } from '../clients.ts';
import { fastServices, orderId, withSampleServices } from '../inquiries/lifecycle.ts';
import { Instance } from './instance.ts';
import { recordUpdate } from './updates.ts';
import { firstTwoApis } from '../system.ts';

const now = (): number => performance.timeOrigin + performance.now();

/** All times in milliseconds; `samples` is the number of handled updates. */
export interface AgentLatency {
  /** From the writer's acknowledgement to the handler; negative when the handler was first. */
  readonly sameNode: Latency;
  readonly otherNode: Latency;
  readonly answers: AnswerLatency;
}

export interface AnswerLatency {
  /** From the last answer on Kafka to the agent's handler. */
  readonly total: Latency;
  /** The part until InquiryClosed is decided: Kafka and the bridge. */
  readonly decision: Latency;
  /** The rest: append, notification, read, push and handler. */
  readonly delivery: Latency;
}

/** Measures the time until an agent's handler has a writer's update and the answers of an inquiry's sources. */
export async function measureAgentLatency(system: ConnectedSystem, updates: number): Promise<AgentLatency> {
  const [first, second] = firstTwoApis(system);
  const agent = await Instance.start([first], `pool-${randomUUID()}`);
  try {
    return {
      sameNode: await measureWriter(agent, first, updates),
      otherNode: await measureWriter(agent, second, updates),
      answers: await measureAnswers(system, agent, Math.ceil(updates / 5)),
    };
  } finally {
    await agent.kill();
  }
}

function measureWriter(agent: Instance, url: string, count: number): Promise<Latency> {
  return withTurnstream({ url }, async (writer) => {
    const sessions = [];
    for (let n = 0; n < Math.min(20, count); n += 1) {
      const session = await writer.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp' });
      await agent.attach(session.id);
      sessions.push(session);
    }
    const acknowledged = new Map<string, number>();
    for (let n = 0; n < count; n += 1) {
      const session = sessions[n % sessions.length] as (typeof sessions)[number];
      const { revision } = await recordUpdate(session);
      acknowledged.set(`${session.id}/${revision}`, now());
      await sleep(10);
    }
    const times = (): number[] =>
      agent.handled.flatMap(({ session_id, revision, at }) => {
        const since = acknowledged.get(`${session_id}/${revision}`);
        return since === undefined ? [] : [at - since];
      });
    await waitUntil(() => times().length >= count, { what: 'every update to be handled' });
    return latencyOf(times());
  });
}

/** Measures the time of answers from Kafka to the agent's handler, one inquiry after the other. */
export async function measureAnswers(
  system: ConnectedSystem,
  agent: Instance,
  count: number,
): Promise<AnswerLatency> {
  const { turnstream } = system;
  const sent = new Map<string, number>();
  await withSampleServices(system, fastServices, async (services) => {
    for (const service of services)
      service.onSent = (id, at) => sent.set(id, Math.max(at, sent.get(id) ?? 0));
    for (let n = 0; n < count; n += 1) {
      const partner_id = `P-${randomUUID()}`;
      const session = await turnstream.startSession({ partner_id, channel: 'whatsapp' });
      await agent.attach(session.id);
      const subject = { order_id: orderId(system, n) };
      await session.openInquiry({ kind: 'order_status', subject, timeout_ms: 10_000 });
      await sleep(60);
    }
    await waitUntil(() => closings(agent).length >= count, { what: 'every answer to be handled' });
  });
  const parts = closings(agent).flatMap(({ session_id, occurred_at, at }) => {
    const since = sent.get(session_id);
    const decided = Date.parse(occurred_at);
    return since === undefined
      ? []
      : [{ decision: decided - since, total: at - since, delivery: at - decided }];
  });
  return {
    total: latencyOf(parts.map(({ total }) => total)),
    decision: latencyOf(parts.map(({ decision }) => decision)),
    delivery: latencyOf(parts.map(({ delivery }) => delivery)),
  };
}

function closings({ handled }: Instance): Instance['handled'] {
  return handled.filter(({ type }) => type === 'InquiryClosed');
}
