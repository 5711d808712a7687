import { Command, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import type { CommandRequest, CommandResult } from '#event-store';
import { EventStore, handleCommand, rememberSession } from '#event-store';
import { AgentEngines } from './agents/engines.ts';
import { Snapshots } from './snapshots.ts';

/** Commands for a session that exists, decided and appended together. */
export class ExecuteCommands extends Command<CommandResult> {
  constructor(readonly request: CommandRequest) {
    super();
  }
}

@CommandHandler(ExecuteCommands)
export class ExecuteCommandsHandler implements ICommandHandler<ExecuteCommands> {
  /** The last command of each session in this process: they take turns, instead of conflicting with one another. */
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly agents: AgentEngines,
  ) {}

  async execute({ request }: ExecuteCommands): Promise<CommandResult> {
    const result = await this.inTurn(request.sessionId, () =>
      handleCommand(this.store, this.snapshots, request),
    );
    this.agents.appended(result);
    if (result.session.state.session.status === 'ended') await rememberSession(this.store, result.session);
    return result;
  }

  private async inTurn<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const before = this.queues.get(sessionId);
    const mine = before === undefined ? work() : before.then(work, work);
    this.queues.set(sessionId, mine);
    try {
      return await mine;
    } finally {
      if (this.queues.get(sessionId) === mine) this.queues.delete(sessionId);
    }
  }
}
