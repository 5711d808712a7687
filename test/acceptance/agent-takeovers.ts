import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '@turnstream/sdk';
import { Turnstream, Unavailable } from '@turnstream/sdk';
import { Instance, until } from './agent-fleet.ts';
import type { Report } from './report.ts';
import type { System } from './system.ts';

interface Holder {
  readonly instance: string | null;
  readonly epoch: number;
  readonly acknowledged: number;
  readonly since: string;
}

type Mishap = `${'kill' | 'stop'} ${'an instance' | 'a node'}` | 'drain an instance';

/** What befalls the system in a round. A node that was killed is away the longer the more often it was. */
const mishaps: readonly Mishap[] = [
  'kill an instance',
  'stop an instance',
  'drain an instance',
  'stop a node',
  'kill a node',
  'kill an instance',
  'stop an instance',
  'stop a node',
  'kill an instance',
  'stop an instance',
];

const nodes = ['api', 'api-2'];

/** Conversations go on and inquiries are open while instances and api nodes are killed and stopped. */
export class Takeovers {
  private readonly pool = `pool-${randomUUID().slice(0, 8)}`;
  private readonly instances: Instance[] = [];
  private readonly clients: Turnstream[];
  private readonly sessions: string[] = [];
  private slowest = 0;
  private moved = 0;
  private refused = 0;
  private accepted = 0;

  constructor(
    private readonly system: System,
    private readonly leaseMs: number,
  ) {
    this.clients = system.apis.map((url) => new Turnstream({ url, agentId: 'writer' }));
  }

  async run(size: { instances: number; sessions: number; rounds: number }, report: Report): Promise<void> {
    try {
      await this.begin(size);
      for (let round = 0; round < size.rounds; round += 1) {
        await this.round(round);
        if (round % 10 === 9) report.note(`${round + 1} rounds, ${this.moved} sessions moved`);
      }
      await this.judge(report);
    } finally {
      for (const { process } of this.instances) process.kill('SIGKILL');
      await Promise.all(this.clients.map((client) => client.close()));
    }
  }

  private async begin(size: { instances: number; sessions: number }): Promise<void> {
    for (let n = 0; n < size.instances; n += 1) await this.join();
    for (let n = 0; n < size.sessions; n += 1) {
      const session = await this.client(0).startSession({
        partner_id: `P-${randomUUID()}`,
        channel: 'whatsapp',
      });
      this.sessions.push(session.id);
      await this.instances[n % size.instances]?.attach(session.id);
    }
  }

  private async join(): Promise<void> {
    const instance = new Instance(this.system.apis, this.pool);
    this.instances.push(instance);
    await instance.ready();
  }

  private async round(round: number): Promise<void> {
    const mishap = mishaps[round % mishaps.length] ?? 'kill an instance';
    const victimNode = Math.floor(round / 2) % 2;
    const healthy = mishap.endsWith('node') ? 1 - victimNode : round % 2;
    const before = await this.holders(healthy);
    const victim = this.instances.find(
      ({ name }) => name === [...before.values()][round % before.size]?.instance,
    );
    const during = Promise.all(this.sessions.map((id, n) => this.happen(id, healthy, n % 3 === 0)));
    const at = Date.now();
    await this.strike(mishap, victim, nodes[victimNode] ?? 'api');
    const [afterwards] = await Promise.all([
      Promise.all(this.sessions.map((id) => this.news(id, healthy))),
      during,
    ]);
    const gone = mishap.endsWith('instance') ? victim?.name : undefined;
    const last = new Map(this.sessions.map((id, n) => [id, afterwards[n] ?? 0]));
    await until(
      async () => this.settled(await this.holders(healthy), last, gone),
      `round ${round} (${mishap}) settles`,
    ).catch(async (error: unknown) => {
      console.error(JSON.stringify({ gone, holders: [...(await this.holders(healthy))], last: [...last] }));
      throw error;
    });
    await this.look(before, await this.holders(healthy), at, healthy);
    await this.mend(mishap, victim, nodes[victimNode] ?? 'api');
  }

  private async strike(mishap: Mishap, victim: Instance | undefined, node: string): Promise<void> {
    const signal = signalOf(mishap);
    if (mishap.endsWith('instance')) victim?.signal(signal);
    else this.system.supervisor.signal(node, signal);
  }

  private async mend(mishap: Mishap, victim: Instance | undefined, node: string): Promise<void> {
    if (mishap === 'kill an instance' || mishap === 'drain an instance') await this.join();
    else if (mishap === 'stop an instance') victim?.signal('SIGCONT');
    else if (mishap === 'stop a node') this.system.supervisor.signal(node, 'SIGCONT');
    await until(async () => {
      const answers = await Promise.all(
        this.system.apis.map((url) => fetch(`${url}/health/ready`).catch(() => undefined)),
      );
      return answers.every((answer) => answer?.ok === true);
    }, 'both nodes are ready again');
    await sleep(100);
  }

  private settled(
    holders: ReadonlyMap<string, Holder>,
    last: ReadonlyMap<string, number>,
    gone: string | undefined,
  ): boolean {
    return [...holders].every(
      ([id, { instance, acknowledged }]) =>
        instance !== null && instance !== gone && acknowledged >= (last.get(id) ?? 0),
    );
  }

  /** How long each takeover took, and whether the epoch before it is refused. */
  private async look(
    before: ReadonlyMap<string, Holder>,
    after: ReadonlyMap<string, Holder>,
    at: number,
    healthy: number,
  ): Promise<void> {
    for (const [id, { epoch, since }] of after) {
      const old = before.get(id);
      if (old === undefined || old.epoch === epoch) continue;
      this.moved += 1;
      this.slowest = Math.max(this.slowest, Date.parse(since) - at);
      const stale = this.client(healthy).session(id).raiseFlag('stale', true, { agentEpoch: old.epoch });
      const code = await stale.then(
        () => 'accepted',
        (error: { code?: string }) => error.code,
      );
      if (code === 'agent_replaced') this.refused += 1;
      else this.accepted += 1;
    }
  }

  private async holders(node: number): Promise<Map<string, Holder>> {
    const url = this.system.apis[node];
    const pairs = this.sessions.map(async (id) => {
      const answer = await fetch(`${url}/v1/sessions/${id}/agent`);
      return [id, (await answer.json()) as Holder] as const;
    });
    return new Map(await Promise.all(pairs));
  }

  /** A turn of the user, perhaps an inquiry, and news. */
  private async happen(id: string, node: number, inquire: boolean): Promise<void> {
    const session = this.client(node).session(id);
    await session.recordTurn({
      sender: 'user',
      message_text: 'Where is my order?',
      parsed_intent: 'ask_order',
    });
    const order_id = `ORD${randomInt(1_000, 2_000)}`;
    if (inquire)
      await session.openInquiry({ kind: 'order_status', subject: { order_id }, timeout_ms: 3_000 });
    await this.news(id, node);
  }

  private async news(id: string, node: number): Promise<number> {
    const source_event_id = randomUUID();
    const update = { system: 'orders', kind: 'status_changed', reference: 'O1', data: { status: 'moved' } };
    const session = this.client(node).session(id);
    for (;;) {
      try {
        return (await session.externalUpdate({ ...update, source_event_id })).revision;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    }
  }

  private client(node: number): Turnstream {
    const client = this.clients[node];
    if (client === undefined) throw new Error(`There is no api node ${node}.`);
    return client;
  }

  private async judge(report: Report): Promise<void> {
    // The answers of the last inquiries may still be on their way.
    await until(async () => (await this.count()).missing === 0, 'everything is delivered').catch(
      () => undefined,
    );
    const { updates, answers, missing } = await this.count();
    const times = new Map<string, number>();
    for (const { name, handled } of this.instances) {
      for (const { session_id, revision } of handled) {
        const key = `${name}/${session_id}/${revision}`;
        times.set(key, (times.get(key) ?? 0) + 1);
      }
    }
    report.note(`${this.moved} takeovers; ${updates} updates, ${answers} of them answers of inquiries`);
    report.equal('updates that no live holder got', missing, 0);
    report.equal('updates shown twice to one instance', [...times.values()].filter((n) => n > 1).length, 0);
    report.equal('commands of an epoch that was over, accepted', this.accepted, 0);
    report.equal('commands of an epoch that was over, refused', this.refused, this.moved);
    const promised = this.leaseMs + 2_000;
    report.figure('slowest takeover, ms', this.slowest, `<= ${promised}`, this.slowest <= promised);
  }

  /** The updates in the streams, and those that no handler got. */
  private async count(): Promise<{ updates: number; answers: number; missing: number }> {
    const delivered = new Set(
      this.instances.flatMap(({ handled }) =>
        handled.map(({ session_id, revision }) => `${session_id}/${revision}`),
      ),
    );
    const counts = { updates: 0, answers: 0, missing: 0 };
    for (const id of this.sessions) {
      const events = await Array.fromAsync(this.client(0).session(id).events({ limit: 1_000 }));
      const attached = events.findIndex(({ type }) => type === 'AgentAttached');
      for (const event of events.slice(attached).filter(isUpdate)) {
        counts.updates += 1;
        if (event.type === 'InquiryClosed') counts.answers += 1;
        if (!delivered.has(`${id}/${event.revision}`)) counts.missing += 1;
      }
    }
    return counts;
  }
}

/** A deploying instance gets SIGTERM and hands its sessions over. */
function signalOf(mishap: Mishap): NodeJS.Signals {
  if (mishap.startsWith('drain')) return 'SIGTERM';
  return mishap.startsWith('kill') ? 'SIGKILL' : 'SIGSTOP';
}

const agentEvents: ReadonlySet<string> = new Set(['AgentAttached', 'AgentDetached', 'UpdateAcknowledged']);

function isUpdate({ type }: RecordedEvent): boolean {
  return !agentEvents.has(type);
}
