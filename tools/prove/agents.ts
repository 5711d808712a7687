import { Takeovers } from './agent-takeovers.ts';
import type { Report } from './report.ts';
import { withOwnSystem } from './system.ts';

const leaseMs = 2_000;

/** Instances and api nodes die and hang while conversations go on. */
export async function proveTakeovers(
  size: { instances: number; sessions: number; rounds: number },
  report: Report,
): Promise<void> {
  report.begin(
    `${size.rounds} times an agent instance or an api node killed or stopped, lease ${leaseMs} ms`,
  );
  await withOwnSystem((system) => new Takeovers(system, leaseMs).run(size, report), {
    AGENT_LEASE_MS: String(leaseMs),
  });
}

/** `npm run prove -- agents`: takeovers, scale and latency of the live agents. */
export async function proveAgents(report: Report): Promise<void> {
  await proveTakeovers({ instances: 4, sessions: 12, rounds: 100 }, report);
}
