import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '@turnstream/sdk';
import { AgentReplaced, Turnstream, Unavailable } from '@turnstream/sdk';
import { retry, waitUntil } from '#platform';
import type { ConnectedSystem } from '../clients.ts';
import { clientOptions } from '../clients.ts';
import { fastServices, orderId, withSampleServices } from '../inquiries/lifecycle.ts';
import { Instance } from './instance.ts';
import { recordUpdate } from './updates.ts';
import { authorization } from '../../../tools/shared/token.ts';

interface TakeoversSize {
  readonly instances: number;
  readonly sessions: number;
  readonly rounds: number;
}

export interface TakeoversResult {
  readonly takeovers: number;
  readonly slowestMs: number;
  /** Updates in the streams, and how many of them are answers of inquiries. */
  readonly updates: number;
  readonly answers: number;
  /** `session/revision` of updates that no instance received. */
  readonly undelivered: readonly string[];
  /** `instance/session/revision` of updates that one instance received more than once. */
  readonly deliveredTwice: readonly string[];
  /** Refused commands under a past epoch. */
  readonly staleCommandsRefused: number;
  readonly staleCommandsAccepted: number;
}

interface Owner {
  readonly instance: string | null;
  readonly epoch: number;
  readonly acknowledged: number;
  readonly since: string;
}
type Owners = ReadonlyMap<string, Owner>;

/**
 * The failing processes of a round, and their signal. A deploying instance gets SIGTERM and hands its sessions over.
 */
interface Failure {
  readonly target: 'instance' | 'node';
  readonly signal: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM';
}
const failures: readonly Failure[] = [
  { target: 'instance', signal: 'SIGKILL' },
  { target: 'instance', signal: 'SIGSTOP' },
  { target: 'instance', signal: 'SIGTERM' },
  { target: 'node', signal: 'SIGSTOP' },
  { target: 'node', signal: 'SIGKILL' },
  { target: 'instance', signal: 'SIGKILL' },
  { target: 'instance', signal: 'SIGSTOP' },
  { target: 'node', signal: 'SIGSTOP' },
  { target: 'instance', signal: 'SIGKILL' },
  { target: 'instance', signal: 'SIGSTOP' },
];
const nodes = ['api', 'api-2'] as const;

/** Kills, stops and drains agent instances and api nodes, while conversations continue and inquiries are answered. */
export function takeOver(
  system: ConnectedSystem,
  size: TakeoversSize,
  onProgress: (text: string) => void = () => undefined,
): Promise<TakeoversResult> {
  return withSampleServices(system, fastServices, async () => {
    const run = new TakeoversRun(system);
    try {
      return await run.run(size, onProgress);
    } finally {
      await run.close();
    }
  });
}

class TakeoversRun {
  private readonly pool = `pool-${randomUUID().slice(0, 8)}`;
  private readonly instances: Instance[] = [];
  private readonly clients: readonly Turnstream[];
  private readonly sessionIds: string[] = [];
  private takeovers = 0;
  private slowestMs = 0;
  private staleCommandsRefused = 0;
  private staleCommandsAccepted = 0;

  constructor(private readonly system: ConnectedSystem) {
    this.clients = system.apis.map((url) => new Turnstream({ ...clientOptions, url }));
  }

  async run(size: TakeoversSize, onProgress: (text: string) => void): Promise<TakeoversResult> {
    await this.begin(size);
    for (let round = 0; round < size.rounds; round += 1) {
      await this.round(round);
      if (round % 10 === 9) onProgress(`${round + 1} rounds, ${this.takeovers} sessions moved`);
    }
    return this.result();
  }

  async close(): Promise<void> {
    for (const node of nodes) this.system.signal(node, 'SIGCONT');
    await Promise.all(this.instances.map((instance) => instance.kill()));
    await Promise.all(this.clients.map((client) => client.close()));
  }

  private async begin(size: TakeoversSize): Promise<void> {
    for (let n = 0; n < size.instances; n += 1) await this.startInstance();
    for (let n = 0; n < size.sessions; n += 1) {
      const partner_id = `P-${randomUUID()}`;
      const session = await this.client(0).startSession({ partner_id, channel: 'whatsapp' });
      this.sessionIds.push(session.id);
      await this.instances[n % size.instances]?.attach(session.id);
    }
  }

  private async startInstance(): Promise<void> {
    this.instances.push(await Instance.start(this.system.apis, this.pool));
  }

  private async round(round: number): Promise<void> {
    const failure = failures[round % failures.length] as Failure;
    const failing = Math.floor(round / 2) % 2;
    const healthy = failure.target === 'node' ? 1 - failing : round % 2;
    const before = await this.owners(healthy);
    const owner = [...before.values()][round % before.size]?.instance;
    const victim = this.instances.find(({ name }) => name === owner);
    const conversing = Promise.all(this.sessionIds.map((id, n) => this.converse(id, healthy, n)));
    const start = Date.now();
    if (failure.target === 'instance') victim?.signal(failure.signal);
    else this.system.signal(nodes[failing] ?? 'api', failure.signal);
    const [last] = await Promise.all([this.updateAll(healthy), conversing]);
    const gone = failure.target === 'instance' ? victim?.name : undefined;
    const areSettled = async (): Promise<boolean> => isSettled(await this.owners(healthy), last, gone);
    const what = `every session to have a live owner after ${failure.signal} of an ${failure.target}`;
    await waitUntil(areSettled, { what: `${what} in round ${round}`, everyMs: 200 });
    await this.compareOwners(before, await this.owners(healthy), start, healthy);
    await this.restore(failure, victim, nodes[failing] ?? 'api');
  }

  private async restore(
    { target, signal }: Failure,
    victim: Instance | undefined,
    node: string,
  ): Promise<void> {
    if (target === 'instance' && signal !== 'SIGSTOP') await this.startInstance();
    else if (target === 'instance') victim?.signal('SIGCONT');
    else if (signal === 'SIGSTOP') this.system.signal(node, 'SIGCONT');
    const areReady = async (): Promise<boolean> => {
      const answers = await Promise.all(this.system.apis.map((url) => fetch(`${url}/health/ready`)));
      return answers.every(({ ok }) => ok);
    };
    await waitUntil(areReady, { what: 'both api nodes to be ready', everyMs: 100 });
  }

  /** Counts the sessions that moved, and sends a command under the past epoch. */
  private async compareOwners(before: Owners, after: Owners, start: number, node: number): Promise<void> {
    for (const [id, { epoch, since }] of after) {
      const old = before.get(id);
      if (old === undefined || old.epoch === epoch) continue;
      this.takeovers += 1;
      this.slowestMs = Math.max(this.slowestMs, Date.parse(since) - start);
      try {
        await this.client(node).session(id).raiseFlag('stale', true, { agentEpoch: old.epoch });
        this.staleCommandsAccepted += 1;
      } catch (error) {
        if (!(error instanceof AgentReplaced)) throw error;
        this.staleCommandsRefused += 1;
      }
    }
  }

  private async owners(node: number): Promise<Owners> {
    const url = this.system.apis[node];
    const pairs = this.sessionIds.map(async (id) => {
      const answer = await fetch(`${url}/v1/sessions/${id}/agent`, { headers: authorization() });
      return [id, (await answer.json()) as Owner] as const;
    });
    return new Map(await Promise.all(pairs));
  }

  /** Records a turn of the user, an inquiry in each third session, and an external update. */
  private async converse(id: string, node: number, n: number): Promise<void> {
    const session = this.client(node).session(id);
    const turn = { sender: 'user', message_text: 'Where is my order?', parsed_intent: 'ask_order' } as const;
    await session.recordTurn(turn);
    if (n % 3 === 0) {
      const subject = { order_id: orderId(this.system, Math.floor(Math.random() * 1_000)) };
      await session.openInquiry({ kind: 'order_status', subject, timeout_ms: 3_000 });
    }
    await this.update(id, node);
  }

  /** Records an update in every session. @returns the revisions */
  private async updateAll(node: number): Promise<ReadonlyMap<string, number>> {
    const pairs = this.sessionIds.map(async (id) => [id, await this.update(id, node)] as const);
    return new Map(await Promise.all(pairs));
  }

  private async update(id: string, node: number): Promise<number> {
    const session = this.client(node).session(id);
    const update = { id: randomUUID() };
    const signal = AbortSignal.timeout(120_000);
    const result = await retry(() => recordUpdate(session, update), { signal, isRetryable });
    if (result === undefined) throw new Error(`Timed out recording an update in ${id}.`);
    return result.revision;
  }

  private client(node: number): Turnstream {
    return this.clients[node] as Turnstream;
  }

  private async result(): Promise<TakeoversResult> {
    // The answers of the last inquiries may still arrive; missing ones are a result of the scenario, not an error.
    const areDelivered = async (): Promise<boolean> => (await this.updates()).undelivered.length === 0;
    await waitUntil(areDelivered, { what: 'every update', timeoutMs: 180_000, everyMs: 200 }).catch(
      () => undefined,
    );
    const { takeovers, slowestMs, staleCommandsRefused, staleCommandsAccepted } = this;
    const deliveredTwice = this.instances.flatMap(duplicatesOf);
    const commands = { staleCommandsRefused, staleCommandsAccepted };
    return { takeovers, slowestMs, ...(await this.updates()), deliveredTwice, ...commands };
  }

  /** The updates in the streams since an agent is attached. */
  private async updates(): Promise<Pick<TakeoversResult, 'updates' | 'answers' | 'undelivered'>> {
    const delivered = new Set(this.instances.flatMap(({ handled }) => handled.map(placeOf)));
    const undelivered: string[] = [];
    let [updates, answers] = [0, 0];
    for (const session_id of this.sessionIds) {
      const events = await Array.fromAsync(this.client(0).session(session_id).events({ limit: 1_000 }));
      const attached = events.findIndex(({ type }) => type === 'AgentAttached');
      for (const { type, revision } of events.slice(attached).filter(isUpdate)) {
        updates += 1;
        if (type === 'InquiryClosed') answers += 1;
        const place = placeOf({ session_id, revision });
        if (!delivered.has(place)) undelivered.push(place);
      }
    }
    return { updates, answers, undelivered };
  }
}

/** Every session has a live owner that has acknowledged the last update. */
function isSettled(owners: Owners, last: ReadonlyMap<string, number>, gone: string | undefined): boolean {
  return [...owners].every(
    ([id, { instance, acknowledged }]) =>
      instance !== null && instance !== gone && acknowledged >= (last.get(id) ?? 0),
  );
}

function isRetryable(error: unknown): boolean {
  return error instanceof Unavailable;
}

function placeOf({ session_id, revision }: { session_id: string; revision: number }): string {
  return `${session_id}/${revision}`;
}

function duplicatesOf({ name, handled }: Instance): string[] {
  const places = handled.map(placeOf);
  return places.filter((place, n) => places.indexOf(place) !== n).map((place) => `${name}/${place}`);
}

const agentEvents: ReadonlySet<string> = new Set(['AgentAttached', 'AgentDetached', 'UpdateAcknowledged']);

function isUpdate({ type }: RecordedEvent): boolean {
  return !agentEvents.has(type);
}
