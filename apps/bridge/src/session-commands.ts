import type { CommandRequest, CommandResult, EventStore, SessionCachePort } from '#sessions';
import { handleCommand, StoreUnavailableError } from '#sessions';
import { KeyedMutex } from '#platform';
import { isUnavailable } from '#platform';

/** Runs commands. Those of one session take turns in this process, instead of conflicting with one another. */
export class SessionCommands {
  private readonly turns = new KeyedMutex();

  constructor(
    readonly store: EventStore,
    private readonly sessionCache: SessionCachePort,
    private readonly onAppended?: (result: CommandResult) => void,
  ) {}

  /** As `handleCommand`. */
  async execute(request: CommandRequest): Promise<CommandResult> {
    const work = (): Promise<CommandResult> => handleCommand(this.store, this.sessionCache, request);
    const result = await this.turns.run(request.sessionId, work);
    if (!result.replayed) this.onAppended?.(result);
    return result;
  }
}

/** Whether a command failed because an engine is away: worth another try. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreUnavailableError || isUnavailable(error);
}
