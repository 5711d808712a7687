import { loadDeclarations } from '#declarations';
import type { RecordedEvent } from '#domain';
import type { Received } from '#messaging';
import { createLogger, Metrics } from '#platform';
import type { Addressees, Reference, SessionPage } from '#read-models';
import type { CommandRequest, CommandResult } from '#sessions';
import { CommandRejectedError, StoreUnavailableError } from '#sessions';
import { BridgeMetrics } from '../common/metrics.ts';
import { DeclaredEvents } from './declared-events.ts';
import { ExternalUpdates, mustWait } from './external-updates.ts';
import type { IndexBatch, Mention } from '../references/changes.ts';
import { changeOf, mergeChanges } from '../references/changes.ts';
import { index } from '../references/index-writer.ts';
import type { LateUpdate } from '../updates/kept-updates.ts';
import { LateUpdates } from '../updates/late-updates.ts';
import { UpdateRecorder } from '../updates/recorder.ts';
import type { AboutUpdate } from '../updates/update.ts';
import { referencesIn } from '../updates/update.ts';

/** An update that a session has: its id, its order, and whether it is marked as from before the session. */
interface WorldRecord {
  readonly update: string;
  readonly order: string | undefined;
  readonly before: boolean;
}

/** The history of a session; times are ticks. */
export interface WorldSession {
  readonly id: string;
  readonly partner: string;
  readonly started: number;
  readonly mentions: string[];
  ended: number | undefined;
  /** Ids of the commands that it processed. */
  readonly commands: Set<string>;
  readonly recorded: WorldRecord[];
}

interface IndexRow extends Reference {
  readonly session_id: string;
  readonly partner: string;
  readonly started: number;
  readonly position: bigint;
}

interface KeptRow {
  readonly id: string;
  readonly item: AboutUpdate;
  readonly received: number;
  matched: boolean;
}

/** The references of an update of the world; its time is its number. */
export interface WorldUpdate {
  readonly order?: string;
  readonly partner?: string;
}

const declarations = loadDeclarations({});

/** The order that is known to belong to partner A. */
export const ownedOrder = 'owned';

const timeOf = (tick: number): string => new Date(1_790_000_000_000 + tick * 1_000).toISOString();
const tickOf = (time: string): number => (Date.parse(time) - 1_790_000_000_000) / 1_000;

/**
 * Sessions, the index, kept updates and the parts between them, in memory. Every access to a store is one step, and a
 * step may fail. The parts run their production code, in any order of steps.
 */
export class World {
  readonly sessions = new Map<string, WorldSession>();
  readonly kept: KeptRow[] = [];
  private readonly log: { session_id: string; event: RecordedEvent; position: bigint }[] = [];
  private rows: IndexRow[] = [];
  private indexed = 0;
  private tick = 0;
  private readonly updates: ExternalUpdates;
  private readonly late: LateUpdates;

  constructor(
    /** Resolves when the next step may run. */
    private readonly turn: () => Promise<void>,
    /** Whether the next step fails. */
    private readonly fails: () => boolean,
  ) {
    const recorder = new UpdateRecorder({ execute: (request) => this.step(() => this.execute(request)) });
    const ownership = {
      learn: async () => undefined,
      owners: async (all: readonly AboutUpdate['about'][]) => all.map(() => []),
      addressees: async (all: readonly AboutUpdate['about'][]): Promise<Addressees[]> =>
        all.map((about) => ({
          references: referencesIn(about),
          partner: about.partner ?? (about.order === ownedOrder ? 'A' : null),
        })),
    };
    const kept = {
      keep: (items: readonly AboutUpdate[]) => this.step(() => items.map((item) => this.keep(item))),
      markMatched: (id: string) => this.step(() => this.markMatched(id)),
      findFor: (mentions: readonly Mention[], after: bigint | null) =>
        this.step(() => this.findFor(mentions, after)),
      read: (id: string) => this.step(() => this.kept.find((row) => row.id === id)?.item),
    };
    const finder = {
      first: (all: readonly Addressees[]) => this.step(() => all.map((item) => this.page(item, ''))),
      next: async (item: Addressees, { next }: SessionPage) =>
        next === undefined ? undefined : this.step(() => this.page(item, next)),
    };
    const lag = { obstacle: async () => null };
    const events = new DeclaredEvents(declarations);
    const [metrics, logger] = [new BridgeMetrics(new Metrics('bridge')), createLogger('bridge', 'silent')];
    this.updates = new ExternalUpdates(events, finder, kept, ownership, recorder, lag, metrics, logger);
    const urgent = { yieldToDeadlines: async () => undefined };
    this.late = new LateUpdates(kept, ownership, recorder, urgent, metrics, logger);
  }

  /** A partner begins a session. */
  async begin(id: string, partner: string): Promise<void> {
    await this.turn();
    const started = this.append(id, 'SessionStarted', { partner_id: partner });
    const empty = { mentions: [], ended: undefined, commands: new Set<string>(), recorded: [] };
    this.sessions.set(id, { id, partner, started, ...empty });
  }

  async mention(id: string, order: string): Promise<void> {
    await this.turn();
    this.append(id, 'TurnRecorded', { extracted_entities: { order_id: order } });
    this.session(id).mentions.push(order);
  }

  async end(id: string): Promise<void> {
    await this.turn();
    this.session(id).ended = this.append(id, 'SessionEnded', {});
  }

  /** Receives an update, again as long as it cannot take effect. */
  async receive(id: number, { order, partner }: WorldUpdate): Promise<void> {
    const type = order === undefined ? 'onboarding.step_completed.v1' : 'orders.order_updated.v1';
    const data = { order_id: order, partner_id: partner, status: 'shipped', step: 'bank' };
    const value = { specversion: '1.0', id: String(id), source: '/world', type, data };
    const topic = order === undefined ? 'onboarding.events' : 'orders.events';
    const place = { topic, partition: 0, offset: '0', key: null, timestamp: '0' };
    const message: Received = { ...place, value: Buffer.from(JSON.stringify(value)) };
    await retryWhileItMustWait(async () => {
      const [addressed] = await this.updates.address([message]);
      if (addressed === undefined || addressed instanceof Error) throw new Error('the update was not read');
      await this.updates.record(addressed);
    });
  }

  /** Indexes the next events, `count` at most; retries after a failure. */
  async indexSome(count: number): Promise<void> {
    await this.turn();
    const events = this.log.slice(this.indexed, this.indexed + count);
    const changes = events.flatMap((item) => changeOf({ kind: 'event', ...item }) ?? []);
    const store = { apply: (batch: IndexBatch) => this.step(() => this.apply(batch)) };
    const recordLate = (mentions: readonly Mention[], after: bigint | null): Promise<void> =>
      this.late.record(mentions, after);
    try {
      const ports = { store, recordLate, mentionsIn: async () => [] };
      await index(ports, mergeChanges(changes), BigInt(this.indexed - 1));
      this.indexed += events.length;
    } catch (error) {
      if (!mustWait(error)) throw error;
    }
  }

  /** Indexes all events, including those that this causes. */
  async indexAll(): Promise<void> {
    while (this.indexed < this.log.length) await this.indexSome(3);
  }

  private async step<T>(effect: () => T): Promise<T> {
    await this.turn();
    if (this.fails()) throw new StoreUnavailableError();
    return effect();
  }

  private append(session_id: string, type: string, data: object): number {
    this.tick += 1;
    const metadata = { occurred_at: timeOf(this.tick) };
    const position = BigInt(this.log.length);
    const event = { type, data, metadata, revision: 0, event_id: String(position) };
    this.log.push({ session_id, event: event as unknown as RecordedEvent, position });
    return this.tick;
  }

  private session(id: string): WorldSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`no session ${id}`);
    return session;
  }

  private execute({ sessionId, commands: [command], commandIds: [id = ''] }: CommandRequest): CommandResult {
    const session = this.session(sessionId);
    if (session.ended !== undefined) {
      const rejection = { code: 'session_over', reason: 'It is over.' } as const;
      throw new CommandRejectedError(rejection, 0, 0);
    }
    if (command?.type !== 'RecordExternalUpdate') throw new Error('another command');
    const replayed = session.commands.has(id);
    if (!replayed) {
      const { source_event_id: update, before_session: before = false, data, references } = command;
      session.commands.add(id);
      session.recorded.push({ update, order: references?.order, before });
      this.append(sessionId, 'ExternalUpdateRecorded', { data });
    }
    return { events: [{}], replayed } as unknown as CommandResult;
  }

  private keep(item: AboutUpdate): string {
    const id = item.update.source_event_id;
    this.tick += 1;
    const isKnown = this.kept.some((row) => row.id === id);
    if (!isKnown) this.kept.push({ id, item, received: this.tick, matched: false });
    return id;
  }

  private markMatched(id: string): void {
    for (const row of this.kept) if (row.id === id) row.matched = true;
  }

  private apply({ starts, mentions, over }: IndexBatch): void {
    this.rows = this.rows.filter(({ session_id }) => !over.includes(session_id));
    for (const { session_id, partner_id, started_at, position } of starts) {
      const row = { session_id, partner: partner_id, started: tickOf(started_at), position };
      this.add({ ...row, kind: 'partner', reference: partner_id });
    }
    for (const mention of mentions) {
      const { session_id } = mention;
      const live = this.rows.find((row) => row.session_id === session_id && row.kind === 'partner');
      if (live !== undefined) this.add({ ...live, ...mention });
    }
  }

  private add(row: IndexRow): void {
    if (!this.rows.some((other) => isSame(row, other))) this.rows.push(row);
  }

  private page({ references, partner }: Addressees, after: string): SessionPage {
    const found = this.rows.filter((row) => references.some((item) => isAbout(row, item)));
    const allowed = found.filter((row) => partner === null || row.partner === partner);
    const ids = [...new Set(allowed.map(({ session_id }) => session_id))].sort();
    const [first, ...more] = ids.filter((id) => id > after);
    return first === undefined
      ? { sessions: [], next: undefined }
      : { sessions: [first], next: more.length > 0 ? first : undefined };
  }

  private findFor(mentions: readonly Mention[], after: bigint | null): LateUpdate[] {
    const named = mentions.flatMap((item) => this.rows.filter((row) => isSame(row, item)));
    return named
      .filter((row) => row.position > (after ?? -1n))
      .flatMap((row) =>
        this.kept
          .filter(({ item: { about } }) => referencesIn(about).some((item) => isAbout(row, item)))
          .filter(({ item: { about } }) => about.partner === undefined || about.partner === row.partner)
          .filter(({ matched, received }) => row.kind !== 'partner' || !matched || received >= row.started)
          .map(({ id, received }) => ({
            id,
            session_id: row.session_id,
            partner_id: row.partner,
            before_session: received < row.started,
          })),
      );
  }
}

/** Retries work that has to wait. */
async function retryWhileItMustWait(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mustWait(error)) throw error;
    }
  }
}

function isAbout(row: Reference, item: Reference): boolean {
  return row.kind === item.kind && row.reference === item.reference;
}

function isSame(
  row: Reference & { readonly session_id: string },
  other: Reference & { readonly session_id: string },
): boolean {
  return row.session_id === other.session_id && isAbout(row, other);
}
