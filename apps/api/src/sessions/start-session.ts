import { createHash, randomUUID } from 'node:crypto';
import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { v4, v5 } from 'uuid';
import type { PartnerMemory, StartSession as StartSessionCommand } from '#domain';
import { canonicalJson, memoryOf } from '#domain';
import type { CommandRequest, CommandResult } from '#sessions';
import { EventStore, readPartner, rememberSession, UnprojectableEventError } from '#sessions';
import { SessionCache } from '#read-models';
import { ExecuteCommands } from './execute-commands.ts';

/** Starts a session with what is remembered of its partner. */
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

  /** The partner's stream is written after the session's. When that fails, a repetition of the request writes it. */
  async execute({ start, request }: StartSession): Promise<CommandResult> {
    const memory = await this.recall(start.partner_id, request.sessionId);
    const commands = [{ ...start, memory }];
    const result = await this.commands.execute(new ExecuteCommands({ ...request, commands }));
    await rememberSession(this.store, result.session);
    return result;
  }

  /**
   * The memory as of the latest state of the partner's last session, which may have continued since it was stored. When
   * that session is set aside, or kept nowhere (most often since it was over long ago), the memory as it was stored: its
   * stream may be long.
   */
  private async recall(partnerId: string, sessionId: string): Promise<PartnerMemory | null> {
    const { memory } = await readPartner(this.store, partnerId);
    if (memory === null || memory.session_id === sessionId) return null;
    const session = await this.sessionCache.latestKept(memory.session_id).catch(unlessUnprojectable);
    return session?.state.identity.partner_id === partnerId ? memoryOf(session) : memory;
  }
}

function unlessUnprojectable(error: unknown): undefined {
  if (!(error instanceof UnprojectableEventError)) throw error;
}

/** The id of a new session: a repetition with the same key gets the same one. Its first digits are random. */
export function newSessionId(partnerId: string, key: string | undefined): string {
  if (key === undefined) return randomUUID();
  return v4({ random: createHash('sha256').update(`${partnerId}\n${key}`).digest().subarray(0, 16) });
}

/** The id by which a repeated start with the caller's own session id and the same body is recognized. */
export function startId(sessionId: string, body: object): string {
  return `start:${v5(canonicalJson({ ...body }), sessionId)}`;
}
