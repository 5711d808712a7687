import type { CommandRequest, CommandResult, EventStore, SnapshotStore } from '#event-store';
import { handleCommand, StoreUnavailable, Turns } from '#event-store';
import { isUnavailable } from '#platform';

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

/** Whether a command failed because an engine is away: worth another try. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreUnavailable || isUnavailable(error);
}
