import { measureAgents } from './agent-latency.ts';
import { proveScale } from './agent-scale.ts';
import { Takeovers } from './agent-takeovers.ts';
import type { BridgeSystem } from './bridge-system.ts';
import { lookInto } from './bridge-system.ts';
import { calmServices, withServices } from './many-inquiries.ts';
import type { Report } from './report.ts';
import { withOwnSystem } from './system.ts';

const leaseMs = 2_000;

/** Instances and api nodes die and hang while conversations go on and inquiries are answered. */
export async function proveTakeovers(
  size: { instances: number; sessions: number; rounds: number },
  report: Report,
): Promise<void> {
  report.begin(
    `${size.rounds} times an agent instance or an api node killed or stopped, lease ${leaseMs} ms`,
  );
  const run = (system: BridgeSystem): Promise<void> =>
    withServices(system, calmServices, () => new Takeovers(system, leaseMs).run(size, report));
  await withOwnSystem((own) => lookInto(own, '', run), { AGENT_LEASE_MS: String(leaseMs) });
}

/** `npm run prove -- agents`: takeovers, scale and latency of the live agents. */
export async function proveAgents(report: Report): Promise<void> {
  await proveTakeovers({ instances: 4, sessions: 12, rounds: 100 }, report);
  await measureAgents(1_000, report);
  await proveScale(
    { sockets: 5_000, sessionsPerSocket: 10, nonReaders: 50, samples: 1_000, leaseMs: 15_000 },
    report,
  );
}
