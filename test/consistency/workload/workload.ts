import { inParallel, sleep } from '#platform';
import type { Random } from '../common/random.ts';
import type { Recorder } from '../common/recorder.ts';
import type { Cluster } from '../system/cluster.ts';
import { Agents } from './agents.ts';
import { Client } from './client.ts';
import type { PlannedErasure } from './erasures.ts';
import { isUnknown } from './sender.ts';
import { Slot } from './slot.ts';

export interface Load {
  readonly loadMs: number;
  /** The minimum number of commands of the load. */
  readonly commands: number;
  readonly clients: number;
  /** Concurrent sessions. */
  readonly slots: number;
  readonly agents: number;
  /** The target of all clients together, in requests per second. */
  readonly perSecond: number;
  readonly sessionLength: readonly [number, number];
}

const longestLoadMs = 15 * 60_000;
const attachShare = 0.6;

/** Clients and agents that use a few sessions at a time. */
export class Workload {
  readonly agents: Agents;
  private readonly clients: readonly Client[];
  private readonly slots: readonly Slot[];

  constructor(
    cluster: Cluster,
    recorder: Recorder,
    random: Random,
    private readonly load: Load,
  ) {
    const owners = random.fork('owners');
    this.slots = Array.from({ length: load.slots }, () => new Slot(`P-${random.uuid()}`));
    this.agents = new Agents({
      urls: () => cluster.apiNodes.map(({ url }) => url),
      recorder,
      onOwner: (session_id, instance, epoch) =>
        this.slots.find((slot) => slot.session_id === session_id)?.owners.push({ instance, epoch }),
    });
    this.clients = Array.from({ length: load.clients }, (_, n) => {
      const name = `c${n + 1}`;
      return new Client({
        name,
        random: random.fork(name),
        nodes: () => cluster.apiNodes,
        slots: this.slots,
        recorder,
        sessionLength: load.sessionLength,
        escrow: cluster.escrow,
        pauseMs: (1_000 * load.clients) / load.perSecond,
        onSession: (id) => {
          if (load.agents > 0 && owners.chance(attachShare)) this.agents.attach(id, owners.next());
        },
      });
    });
  }

  get commands(): number {
    return this.clients.reduce((sum, { commands }) => sum + commands, 0);
  }

  /** Runs until the time is over, enough commands were sent, and `meanwhile` has resolved. */
  async run(meanwhile: Promise<unknown> = Promise.resolve()): Promise<void> {
    const { loadMs, commands, agents } = this.load;
    await this.agents.start(agents);
    const over = new AbortController();
    const working = Promise.all(this.clients.map((client) => client.run(over.signal)));
    working.catch(() => over.abort());
    const isEnough = (sentFor: number): boolean => sentFor >= longestLoadMs || this.commands >= commands;
    await Promise.all([sleep(loadMs, over.signal), meanwhile]);
    for (let at = loadMs; !over.signal.aborted && !isEnough(at); at += 100) await sleep(100);
    over.abort();
    await working;
  }

  /** Erases partners during the load at the planned times. Resolves when all receipts exist. */
  async erase(plan: readonly PlannedErasure[], signal: AbortSignal): Promise<void> {
    const [client] = this.clients;
    await Promise.all(
      plan.map(async ({ at, ...erasure }) => {
        await sleep(at, signal);
        const slot = this.slots[Math.floor(erasure.slot * this.slots.length)];
        if (slot && !signal.aborted) await client?.eraseAtWork(slot, erasure, signal);
      }),
    );
  }

  /**
   * Resolves all unknown outcomes, ends the sessions, and erases a partner, so that each run has an erasure. All
   * processes must be running again.
   */
  async finish(): Promise<void> {
    const unknown = this.clients.flatMap((client) =>
      client.unknown.filter(({ key }) => key !== null).map((command) => ({ client, command })),
    );
    await inParallel(unknown, 8, async ({ client, command }) => {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        if (!isUnknown(await client.resolve(command))) return;
        await sleep(500);
      }
    });
    const [client] = this.clients;
    const signal = AbortSignal.timeout(180_000);
    await inParallel(this.slots, 4, async ({ session_id }) => {
      if (session_id !== '') await client?.end(session_id, signal);
    });
    const slot = this.slots.find(({ session_id }) => session_id !== '');
    if (slot) await client?.erase(slot);
  }

  /** The used sessions and their partners. */
  get worked(): { sessions: string[]; partners: string[] } {
    return {
      sessions: this.slots
        .flatMap(({ session_id, earlier }) => [...earlier, session_id])
        .filter((id) => id !== ''),
      partners: this.slots.map(({ partner_id }) => partner_id),
    };
  }
}
