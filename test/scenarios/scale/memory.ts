import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { inParallel, waitUntil } from '#platform';
import { forkProgram, killChild } from '../../../tools/shared/fork.ts';
import type { Held, Processes } from '../../diagnostics/processes.ts';
import { AgentSockets } from '../agents/sockets.ts';
import { withTurnstream } from '../clients.ts';
import type { System } from '../system.ts';
import { firstTwoApis } from '../system.ts';

export interface SocketsSize {
  readonly sockets: number;
  readonly sessionsPerSocket: number;
}

export interface SocketMemory {
  readonly attached: number;
  /** Bytes of heap and external memory, after a forced collection, per additional socket with its sessions. */
  readonly perSocket: number;
  /** Resident memory of the process with all sockets, without a collection. */
  readonly rss: number;
}

interface Server {
  readonly address: string;
  /** The name of the process in the diagnostics. */
  readonly name: string;
  newSession(n: number): Promise<string>;
}

/** Holds idle agents' sockets with attached sessions on the first api node. The sessions are started on the second. */
export function holdOnNode(
  system: System,
  processes: Processes,
  size: SocketsSize,
  onProgress?: (text: string) => void,
): Promise<SocketMemory> {
  const [node, other] = firstTwoApis(system);
  return withTurnstream({ url: other, connections: 64 }, (turnstream) =>
    hold(
      {
        address: `${node.replace('http', 'ws')}/v1/agents`,
        name: `api-${system.pids.get('api')}`,
        newSession: async (n) =>
          (await turnstream.startSession({ partner_id: `P${n}`, channel: 'whatsapp' })).id,
      },
      processes,
      size,
      onProgress,
    ),
  );
}

/** The same sockets on a `ws` server that only subscribes to the channel of each session. */
export async function holdOnBareServer(
  { env }: System,
  processes: Processes,
  size: SocketsSize,
): Promise<SocketMemory> {
  const child = forkProgram(join(import.meta.dirname, 'bare-sockets.ts'), env);
  try {
    const [{ port }] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [
      { port: number },
    ];
    const server = { address: `ws://127.0.0.1:${port}`, name: `bare-sockets-${child.pid}` };
    return await hold({ ...server, newSession: () => Promise.resolve(randomUUID()) }, processes, size);
  } finally {
    await killChild(child);
  }
}

const heartbeatMs = 20_000;
const socketsAtOnce = 32;
/** The first share of the sockets also allocates code, pools and connections of the process, so it is left out. */
const firstShare = 0.2;

async function hold(
  server: Server,
  processes: Processes,
  { sockets: count, sessionsPerSocket }: SocketsSize,
  onProgress: (text: string) => void = () => undefined,
): Promise<SocketMemory> {
  // More than they attach: an instance may take over a session whose attach failed on a busy machine.
  const capacity = 2 * sessionsPerSocket;
  const sockets = new AgentSockets(server.address, `pool-${randomUUID().slice(0, 8)}`, capacity);
  const wanted = new Map<string, number>();
  const attachTo = async (index: number): Promise<void> => {
    for (let n = 0; n < sessionsPerSocket; n += 1) {
      const session_id = await server.newSession(index * sessionsPerSocket + n);
      wanted.set(session_id, index);
      sockets.send(index, { type: 'attach', session_id });
    }
    if (index % 250 === 249) onProgress(`${(index + 1) * sessionsPerSocket} sessions started`);
  };
  const growTo = async (from: number, to: number): Promise<Held> => {
    await sockets.connect(to);
    await inParallel(
      Array.from({ length: to - from }, (_, n) => from + n),
      socketsAtOnce,
      attachTo,
    );
    let before = 0;
    const areAttached = (): boolean => {
      const isStill = before === sockets.attached.size;
      before = sockets.attached.size;
      if (isStill)
        for (const [session_id, index] of wanted)
          if (!sockets.attached.has(session_id)) sockets.send(index, { type: 'attach', session_id });
      return before >= wanted.size;
    };
    await waitUntil(areAttached, {
      what: 'every session to be attached',
      timeoutMs: 600_000,
      everyMs: 2_000,
    });
    return heldBy(server.name, processes);
  };
  sockets.keepAlive(heartbeatMs);
  try {
    const first = Math.max(1, Math.round(count * firstShare));
    const before = await growTo(0, first);
    const after = await growTo(first, count);
    return {
      attached: sockets.attached.size,
      perSocket: (bytes(after) - bytes(before)) / (count - first),
      rss: after.rss,
    };
  } finally {
    sockets.close();
  }
}

const bytes = ({ heapUsed, external }: Held): number => heapUsed + external;

/** After a forced collection, except the resident set, which is measured before. */
async function heldBy(name: string, processes: Processes): Promise<Held> {
  const { rss } = (await processes.held('none')).get(name) ?? {};
  const held = (await processes.held()).get(name);
  if (rss === undefined || held === undefined) throw new Error(`${name} does not say what it holds.`);
  return { ...held, rss };
}
