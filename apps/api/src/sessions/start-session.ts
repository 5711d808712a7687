import { createHash, randomUUID } from 'node:crypto';
import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { v4, v5 } from 'uuid';
import type { PartnerMemory, StartSession as StartSessionCommand } from '#domain';
import { canonicalJson, memoryOf } from '#domain';
import type { CommandRequest, CommandResult } from '#sessions';
import { EventStore, readPartner, rememberSession } from '#sessions';
import { SessionCache } from '#read-models';
import { ExecuteCommands } from './execute-commands.ts';

/** Starts a session from what is remembered of its partner. */
export class StartSession extends Command<CommandResult> {
  constructor(
    readonly start: Omit<StartSessionCommand, 'memory'>,
    readonly request: Omit<CommandRequest, 'commands'>,
  ) {
    super();
  }
}

@CommandHandler(StartSession)
export class StartSessionHandler implements ICommandHandler<StartSession> {
  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
    private readonly commands: CommandBus,
  ) {}

  /** The partner's stream follows the session's: a caller who saw this fail sends the same again, which mends it. */
  async execute({ start, request }: StartSession): Promise<CommandResult> {
    const memory = await this.recall(start.partner_id, request.sessionId);
    const commands = [{ ...start, memory }];
    const result = await this.commands.execute(new ExecuteCommands({ ...request, commands }));
    await rememberSession(this.store, result.session);
    return result;
  }

  /** The memory as the partner's last session has it by now, since it may have gone on after it was recorded. */
  private async recall(partnerId: string, sessionId: string): Promise<PartnerMemory | null> {
    const { memory } = await readPartner(this.store, partnerId);
    if (memory === null || memory.session_id === sessionId) return null;
    const session = await this.sessionCache.latest(memory.session_id);
    return session.state.identity.partner_id === partnerId ? memoryOf(session) : memory;
  }
}

/** The id of a new session: the same request with the same key gets the same one. Its first digits are random. */
export function newSessionId(partnerId: string, key: string | undefined): string {
  if (key === undefined) return randomUUID();
  return v4({ random: createHash('sha256').update(`${partnerId}\n${key}`).digest().subarray(0, 16) });
}

/** What makes the start of a session with an id of the caller's own recognisable: the same id and body again. */
export function startId(sessionId: string, body: object): string {
  return `start:${v5(canonicalJson({ ...body }), sessionId)}`;
}
