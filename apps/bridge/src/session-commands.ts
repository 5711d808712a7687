import type { CommandRequest, CommandResult, EventStore, SnapshotStore } from '#event-store';
import { handleCommand, Turns } from '#event-store';

/** Runs commands. Those of one session take turns in this process, instead of conflicting with one another. */
export class SessionCommands {
  private readonly turns = new Turns();

  constructor(
    readonly store: EventStore,
    private readonly snapshots: SnapshotStore,
    private readonly onAppended?: (result: CommandResult) => void,
  ) {}

  /** As `handleCommand`. */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const work = (): Promise<CommandResult> => handleCommand(this.store, this.snapshots, request);
    const result = await this.turns.take(request.sessionId, work);
    if (!result.replayed) this.onAppended?.(result);
    return result;
  }
}
