import type { Latency } from '../../tools/shared/statistics.ts';
import { measureAgentLatency } from '../scenarios/agents/latency.ts';
import { stopReading } from '../scenarios/agents/slow-readers.ts';
import { takeOver } from '../scenarios/agents/takeovers.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { withClients } from '../scenarios/clients.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const kib = 1_024;
const leaseMs = { takeovers: 2_000, scale: 15_000 } as const;

/** `npm run prove -- agents`: takeovers, latency and scale of the live agents. */
export async function runAgents(report: Report): Promise<void> {
  await withLease(leaseMs.takeovers, (system) => checkTakeovers(system, report));
  await withLease(leaseMs.scale, async (system) => {
    await checkLatency(system, report);
    await checkScale(system, report);
  });
}

function withLease(ms: number, work: (system: ConnectedSystem) => Promise<void>): Promise<void> {
  return withOwnSystem((own) => withClients(own, work), { AGENT_LEASE_MS: String(ms) });
}

async function checkTakeovers(system: ConnectedSystem, report: Report): Promise<void> {
  const size = { instances: 4, sessions: 12, rounds: 100 };
  report.begin(
    `${size.rounds} times an agent instance or an api node killed, stopped or drained, lease ${leaseMs.takeovers} ms`,
  );
  const result = await takeOver(system, size, (text) => report.note(text));
  const { takeovers, updates, answers } = result;
  report.note(`${takeovers} takeovers; ${updates} updates, ${answers} of them answers of inquiries`);
  report.none('updates that no live owner got', result.undelivered);
  report.none('updates delivered twice to one instance', result.deliveredTwice);
  report.equal('commands of an epoch that was over, accepted', result.staleCommandsAccepted, 0);
  report.equal('commands of an epoch that was over, refused', result.staleCommandsRefused, takeovers);
  report.atMost('slowest takeover, ms', result.slowestMs, leaseMs.takeovers + 2_000);
}

async function checkLatency(system: ConnectedSystem, report: Report): Promise<void> {
  const updates = 1_000;
  const { sameNode, otherNode, answers } = await measureAgentLatency(system, updates);
  report.begin('From another writer’s acknowledgement to the agent’s handler');
  report.note(`writer on the same api node: ${shown(sameNode)} (below 0: before the writer had its answer)`);
  report.note(`writer on another api node: ${shown(otherNode)}`);
  report.equal('updates handled', sameNode.samples + otherNode.samples, 2 * updates);
  report.begin('From the last answer on Kafka to the agent’s handler');
  report.note(`in all ${shown(answers.total)}; of these`);
  report.note(`  Kafka and the bridge, to the decision: ${shown(answers.decision)}`);
  report.note(`  append, notification, read, push, handler: ${shown(answers.delivery)}`);
  report.equal('answers handled', answers.total.samples, updates / 5);
}

async function checkScale(system: ConnectedSystem, report: Report): Promise<void> {
  const scale = { sockets: 5_000, sessionsPerSocket: 10, nonReaders: 50, samples: 1_000 };
  const sessions = scale.sockets * scale.sessionsPerSocket;
  report.begin(`${scale.sockets} sockets, ${sessions} attached sessions on one api node`);
  const sized = { ...scale, leaseMs: leaseMs.scale };
  const result = await stopReading(system, sized, (text) => report.note(text));
  report.note(`attached in ${Math.round(result.secondsToAttach)} s`);
  report.atMost('memory growth while some do not read, MiB', result.growth / kib / kib, 128);
  report.equal('attached sessions', result.attached, sessions);
  report.equal('non-readers cut off', result.cutOff, scale.nonReaders);
  report.equal('readers still connected', result.readersConnected, scale.sockets - scale.nonReaders);
  const { before, during } = result.latency;
  report.note(`writer’s acknowledgement to socket while all read: ${shown(before)}`);
  report.note(`while ${scale.nonReaders} do not read: ${shown(during)}`);
  report.atMost('p99 of the readers meanwhile, ms', during.p99, Math.max(50, 5 * before.p99));
}

function shown({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
