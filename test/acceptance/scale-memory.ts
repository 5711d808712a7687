import { withDiagnostics } from '../diagnostics/processes.ts';
import { holdOnBareServer, holdOnNode } from '../scenarios/scale/memory.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const mib = 1_024 * 1_024;

/** `npm run prove -- scale memory`: the memory of idle sockets with attached sessions on an api node. */
export function runMemory(report: Report, isQuick: boolean): Promise<void> {
  const compared = { sockets: isQuick ? 100 : 500, sessionsPerSocket: 10 };
  const many = { sockets: isQuick ? 20 : 1_000, sessionsPerSocket: 100 };
  return withDiagnostics((processes) =>
    withOwnSystem(
      async (system) => {
        report.begin(`${compared.sockets} sockets with ${compared.sessionsPerSocket} attached sessions each`);
        const bare = await holdOnBareServer(system, processes, compared);
        const node = await holdOnNode(system, processes, compared);
        report.note(
          `a further socket: ${kibOf(bare.perSocket)} of a bare server that subscribes to the same channels, ${kibOf(node.perSocket)} of an api node`,
        );
        report.atMost(
          'memory of a socket, in that of the bare server',
          node.perSocket / bare.perSocket,
          1.25,
        );
        const sessions = many.sockets * many.sessionsPerSocket;
        report.begin(`${sessions} sessions of ${many.sockets} sockets on one api node`);
        const held = await holdOnNode(system, processes, many, (text) => report.note(text));
        report.equal('attached sessions', held.attached, sessions);
        report.note(`a further socket with ${many.sessionsPerSocket} sessions: ${kibOf(held.perSocket)}`);
        report.atMost('resident memory of the node, MiB', held.rss / mib, 2_048);
      },
      // A small cache, so that it is full from the first sessions on and does not count as memory of held sessions.
      { AGENT_LEASE_MS: '60000', SESSION_CACHE_MB: '1' },
    ),
  );
}

function kibOf(bytes: number): string {
  return `${(bytes / 1_024).toFixed(1)} KiB`;
}
