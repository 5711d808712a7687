import { Command, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { CommandRequest, CommandResult } from '#sessions';
import { EventStore, handleCommand, rememberSession } from '#sessions';
import { KeyedMutex } from '#platform';
import { SessionCache } from '#read-models';
import { AppendAnnouncer } from '../common/append-announcer.ts';

/** Commands for a session that exists, decided and appended together. */
export class ExecuteCommands extends Command<CommandResult> {
  constructor(readonly request: CommandRequest) {
    super();
  }
}

@CommandHandler(ExecuteCommands)
export class ExecuteCommandsHandler implements ICommandHandler<ExecuteCommands> {
  /** The commands of a session take turns in this process, instead of conflicting with one another. */
  private readonly turns = new KeyedMutex();

  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
    private readonly announcer: AppendAnnouncer,
  ) {}

  async execute({ request }: ExecuteCommands): Promise<CommandResult> {
    const result = await this.turns.run(request.sessionId, () =>
      handleCommand(this.store, this.sessionCache, request),
    );
    if (!result.replayed) this.announcer.announce(result);
    if (result.session.state.session.status === 'ended') await rememberSession(this.store, result.session);
    return result;
  }
}
