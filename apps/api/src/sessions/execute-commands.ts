import { Command, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { CommandRequest, CommandResult } from '#sessions';
import { CommandExecutor } from '#sessions';

/** Commands for an existing session, decided and appended together. */
export class ExecuteCommands extends Command<CommandResult> {
  constructor(readonly request: CommandRequest) {
    super();
  }
}

@CommandHandler(ExecuteCommands)
export class ExecuteCommandsHandler implements ICommandHandler<ExecuteCommands> {
  constructor(private readonly executor: CommandExecutor) {}

  execute({ request }: ExecuteCommands): Promise<CommandResult> {
    return this.executor.execute(request);
  }
}
