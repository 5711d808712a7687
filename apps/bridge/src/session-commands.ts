import type { CommandRequest, CommandResult, EventStore, SnapshotStore } from '#event-store';
import { handleCommand } from '#event-store';

/** Runs commands. Those of one session take turns in this process, instead of conflicting with one another. */
export class SessionCommands {
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    readonly store: EventStore,
    private readonly snapshots: SnapshotStore,
    private readonly onAppended?: (result: CommandResult) => void,
  ) {}

  /** As `handleCommand`. */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const { sessionId } = request;
    const before = this.queues.get(sessionId);
    const work = (): Promise<CommandResult> => handleCommand(this.store, this.snapshots, request);
    const mine = before === undefined ? work() : before.then(work, work);
    this.queues.set(sessionId, mine);
    try {
      const result = await mine;
      if (!result.replayed) this.onAppended?.(result);
      return result;
    } finally {
      if (this.queues.get(sessionId) === mine) this.queues.delete(sessionId);
    }
  }
}
