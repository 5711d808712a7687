import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { RecordedEvent, SessionCommand, UpdateReferences } from '#domain';
import { createLogger, Metrics } from '#platform';
import type { DataKeys } from '#privacy';
import { StoredReferences } from '#read-models';
import type { CommandResult } from '#sessions';
import { Script, startSession, turn } from '../../../../libs/read-models/src/test-support.ts';
import { BridgeMetrics } from '../common/metrics.ts';
import { changeOf, mergeChanges } from '../references/changes.ts';
import { IndexStore } from '../references/index-store.ts';
import { KeptUpdates } from './kept-updates.ts';
import { LateUpdates } from './late-updates.ts';
import { Ownership } from './ownership.ts';
import { UpdateRecorder } from './recorder.ts';
import type { AboutUpdate, Update } from './update.ts';

/** An update with references; by default received now. */
export function updateAbout(about: UpdateReferences, more: Partial<Update> = {}): AboutUpdate {
  const source_event_id = `/spec/${randomUUID()}`;
  const data = { status: 'shipped' };
  return {
    about,
    update: { system: 'orders', kind: 'order_updated', reference: null, data, source_event_id, ...more },
  };
}

/** A turn that names things. */
export const mention = (extracted_entities: Record<string, string>): SessionCommand =>
  turn(randomUUID(), { extracted_entities });

/** An update recorded late: its session, itself, and whether it arrived before the session. */
interface Recorded {
  readonly session: string;
  readonly id: string;
  readonly before: boolean;
}

/**
 * The parts that keep updates and find them late, on PostgreSQL; sessions are scripts, and recorded updates go to a
 * list.
 */
export class LateHarness {
  readonly recorded: Recorded[] = [];
  /** The errors of sessions' commands. */
  readonly failing = new Map<string, Error>();
  /** Stops the work. */
  readonly stop = new AbortController();
  readonly metrics = new Metrics('bridge');
  readonly kept: KeptUpdates;
  readonly ownership: Ownership;
  readonly index: IndexStore;
  private readonly late: LateUpdates;
  private position = 0n;

  constructor(
    readonly pool: Pool,
    foreignReferences: 'refuse' | 'allow' = 'refuse',
    keys?: DataKeys,
  ) {
    const config = { keepUpdatesHours: 24, foreignReferences };
    this.kept = new KeptUpdates(pool, config, keys);
    this.ownership = new Ownership(pool, config, keys);
    const owner = { partition: 0, owner: 'spec', epoch: 1n, prefixes: ['session-0'] };
    this.index = new IndexStore(pool, owner, new StoredReferences(keys));
    const recorder = new UpdateRecorder({ execute: (request) => this.execute(request) });
    const [urgent, metrics] = [{ yieldToDeadlines: async () => undefined }, new BridgeMetrics(this.metrics)];
    const logger = createLogger('bridge', 'silent');
    this.late = new LateUpdates(this.kept, this.ownership, recorder, urgent, metrics, logger);
  }

  /** Keeps updates one after the other, as they arrive. */
  async receive(...updates: readonly AboutUpdate[]): Promise<void> {
    for (const update of updates) {
      await this.ownership.learn([update]);
      await this.kept.keep([update], await this.ownership.owners([update.about]));
    }
  }

  /** Indexes the events of a session, and records the kept updates that it missed. */
  async indexed(script: Script, ...commands: readonly SessionCommand[]): Promise<void> {
    await this.indexEvents(script.sessionId, script.request(...commands));
  }

  async indexEvents(session_id: string, events: readonly RecordedEvent[]): Promise<void> {
    const after = this.position;
    const changes = events.flatMap((event) => {
      this.position += 10n;
      return changeOf({ kind: 'event', session_id, event, position: this.position }) ?? [];
    });
    const batch = mergeChanges(changes);
    await this.index.apply(batch);
    await this.late.record(batch.mentions, after, this.stop.signal);
  }

  /** Goes back by some events, as after a crash before the position was saved. */
  goBack(events: number): void {
    this.position -= 10n * BigInt(events);
  }

  private async execute({
    sessionId,
    commands: [command],
  }: Parameters<ConstructorParameters<typeof UpdateRecorder>[0]['execute']>[0]): Promise<CommandResult> {
    const error = this.failing.get(sessionId);
    if (error) throw error;
    if (command?.type !== 'RecordExternalUpdate') throw new Error('another command');
    const { source_event_id: id, before_session: before = false } = command;
    this.recorded.push({ session: sessionId, id, before });
    return { events: [{}], replayed: false } as unknown as CommandResult;
  }
}

/** The start of a session of its partner. */
export const start = (partner_id: string): SessionCommand =>
  ({ ...startSession, partner_id }) as SessionCommand;
