import type { CheckedStore } from '#domain';
import { inParallel } from '#platform';
import type { CommandExecutor, EventStore, HistorySigner } from '#sessions';
import {
  CommandRejectedError,
  countPlainEvents,
  recordRemoval,
  sessionStream,
  truncateErased,
  UnprojectableEventError,
} from '#sessions';
import { actor } from './actor.ts';

const atOnce = 8;

/** The sessions of a partner whose data are erased. */
export class ErasedSessions {
  /** The revision at which each session was erased; the maximum for a deleted stream. */
  readonly revisions = new Map<string, number>();

  constructor(
    private readonly store: EventStore,
    private readonly commands: Pick<CommandExecutor, 'execute'>,
    private readonly partner_id: string,
    private readonly erasure_id: string,
    private readonly signer: HistorySigner | undefined,
  ) {}

  get ids(): string[] {
    return [...this.revisions.keys()];
  }

  /** Erases these sessions and the partner's earlier ones, including those that only the sessions name. */
  async end(sessionIds: readonly string[]): Promise<void> {
    let next = [...new Set(sessionIds)];
    while (next.length > 0) {
      const previous = new Set<string>();
      await inParallel(next, atOnce, async (id) => {
        const before = await this.erase(id);
        if (before !== null) previous.add(before);
      });
      next = [...previous].filter((id) => !this.revisions.has(id));
    }
  }

  /** Counts the readable events of the streams that still hold plain personal data. */
  async check(): Promise<CheckedStore[]> {
    let left = 0;
    await inParallel(this.ids, atOnce, async (id) => {
      left += await countPlainEvents(this.store, id);
    });
    return [{ store: 'event_store', what: 'plain events', left, checked_at: new Date().toISOString() }];
  }

  /**
   * Erases a session; returns the previous session of the partner. Events that cannot be folded, or are not
   * encrypted, are removed from its stream.
   */
  private async erase(sessionId: string): Promise<string | null> {
    const { partner_id, erasure_id } = this;
    try {
      const { session, revision } = await this.commands.execute({
        sessionId,
        commands: [{ type: 'EraseSession', partner_id, erasure_id }],
        actor,
        commandIds: [],
        body: {},
        correlationId: erasure_id,
      });
      this.revisions.set(sessionId, revision);
      if ((await countPlainEvents(this.store, sessionId)) > 0)
        await truncateErased(this.store, sessionId, revision, this.signer);
      return session.state.session.previous_session_id;
    } catch (error) {
      if (error instanceof CommandRejectedError) return null;
      if (!(error instanceof UnprojectableEventError)) throw error;
      await recordRemoval(this.store, sessionId, { reason: 'erasure', signer: this.signer });
      await this.store.deleteStream(sessionStream(sessionId));
      this.revisions.set(sessionId, Number.MAX_SAFE_INTEGER);
      return null;
    }
  }
}
