import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turnstream } from '@turnstream/sdk';
import { Instance, until } from './agent-fleet.ts';
import type { BridgeSystem } from './bridge-system.ts';
import { lookInto } from './bridge-system.ts';
import { percentiles } from './inquiry-events.ts';
import { calmServices, withServices } from './many-inquiries.ts';
import type { Report } from './report.ts';
import { withOwnSystem } from './system.ts';

const now = (): number => performance.timeOrigin + performance.now();

/** How long it takes until an agent's handler has what another did. */
export async function measureAgents(updates: number, report: Report): Promise<void> {
  await withOwnSystem((own) =>
    lookInto(own, '', async (system) => {
      const [first = '', second = ''] = system.apis;
      const agent = await new Instance([first], `pool-${randomUUID()}`).ready();
      try {
        report.begin('From another writer’s acknowledgement to the agent’s handler');
        await measureWriter(agent, first, updates, 'on the same api node', report);
        await measureWriter(agent, second, updates, 'on another api node', report);
        report.begin('From the last answer on Kafka to the agent’s handler');
        await measureAnswers(system, agent, Math.ceil(updates / 5), report);
      } finally {
        agent.signal('SIGKILL');
      }
    }),
  );
}

async function sessionsFor(agent: Instance, url: string, count: number): Promise<string[]> {
  const writer = new Turnstream({ url, agentId: 'writer' });
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const { id } = await writer.startSession({ partner_id: `P-${randomUUID()}`, channel: 'whatsapp' });
    await agent.attach(id);
    ids.push(id);
  }
  await writer.close();
  return ids;
}

async function measureWriter(
  agent: Instance,
  url: string,
  count: number,
  where: string,
  report: Report,
): Promise<void> {
  const ids = await sessionsFor(agent, url, 20);
  const writer = new Turnstream({ url, agentId: 'writer' });
  const acknowledged = new Map<string, number>();
  const data = { status: 'out_for_delivery', order_id: 'ORD9823' };
  for (let n = 0; n < count; n += 1) {
    const session = writer.session(ids[n % ids.length] ?? '');
    const update = { system: 'orders', kind: 'status_changed', reference: 'ORD9823', data };
    const { revision } = await session.externalUpdate({ ...update, source_event_id: randomUUID() });
    acknowledged.set(`${session.id}/${revision}`, now());
    await sleep(10);
  }
  await sleep(1_000);
  await writer.close();
  const times = agent.handled.flatMap(({ session_id, revision, at }) => {
    const since = acknowledged.get(`${session_id}/${revision}`);
    return since === undefined ? [] : [at - since];
  });
  const [p50, p99] = percentiles(times.map((ms) => ms * 10));
  report.equal(`updates of a writer ${where} that were handled`, times.length, count);
  report.note(
    `writer ${where}: p50 ${p50 / 10} ms, p99 ${p99 / 10} ms (below 0: before the writer had its answer)`,
  );
}

async function measureAnswers(
  system: BridgeSystem,
  agent: Instance,
  count: number,
  report: Report,
): Promise<void> {
  const url = system.apis[0] ?? '';
  const ids = await sessionsFor(agent, url, count);
  const writer = new Turnstream({ url, agentId: 'writer' });
  const sent = new Map<string, number>();
  await withServices(system, calmServices, async (services) => {
    for (const service of services)
      service.onSent = (id, at) => sent.set(id, Math.max(at, sent.get(id) ?? 0));
    for (const [n, id] of ids.entries()) {
      const subject = { order_id: `ORD${1_000 + (n % 1_000)}` };
      await writer.session(id).openInquiry({ kind: 'order_status', subject, timeout_ms: 10_000 });
      await sleep(60);
    }
    await until(() => closedIn(agent).size >= ids.length, 'every inquiry’s answer is handled');
  });
  await writer.close();
  const parts = agent.handled.flatMap(({ session_id, type, occurred_at, at }) => {
    const since = sent.get(session_id);
    return type === 'InquiryClosed' && since !== undefined
      ? [[Date.parse(occurred_at) - since, at - since]]
      : [];
  });
  const [bridge50, bridge99] = percentiles(parts.map(([recorded = 0]) => recorded));
  const [push50, push99] = percentiles(parts.map(([recorded = 0, handled = 0]) => handled - recorded));
  const [all50, all99] = percentiles(parts.map(([, handled = 0]) => handled));
  report.equal('answers that were handled', parts.length, count);
  report.note(`from the last answer to the handler:    p50 ${all50} ms, p99 ${all99} ms; of these`);
  report.note(`  Kafka and the bridge, to the decision: p50 ${bridge50} ms, p99 ${bridge99} ms`);
  report.note(`  append, wake, read, push, handler:     p50 ${push50} ms, p99 ${push99} ms`);
}

function closedIn({ handled }: Instance): Set<string> {
  return new Set(handled.flatMap(({ type, session_id }) => (type === 'InquiryClosed' ? [session_id] : [])));
}
