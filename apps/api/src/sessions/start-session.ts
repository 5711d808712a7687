import { createHash, randomUUID } from 'node:crypto';
import { Command, CommandBus, CommandHandler } from '@nestjs/cqrs';
import type { ICommandHandler } from '@nestjs/cqrs';
import { v4 } from 'uuid';
import type { StartSession as StartSessionCommand } from '#domain';
import { canonicalJson } from '#domain';
import { withSlot } from '#cells';
import { uuidV5 } from '#platform';
import type { Caller } from '#privacy';
import type { CommandRequest, CommandResult } from '#sessions';
import { ExecuteCommands } from './execute-commands.ts';
import { PartnerSessions } from './partner-sessions.ts';

/** Starts a session with its partner's memory. */
export class StartSession extends Command<CommandResult> {
  constructor(
    readonly start: Omit<StartSessionCommand, 'memory'>,
    readonly request: Omit<CommandRequest, 'commands'>,
    readonly caller: Caller,
  ) {
    super();
  }
}

@CommandHandler(StartSession)
export class StartSessionHandler implements ICommandHandler<StartSession> {
  constructor(
    private readonly partners: PartnerSessions,
    private readonly commands: CommandBus,
  ) {}

  /**
   * The partner's stream is written before the session's. When the second append fails, a repeated request completes
   * it.
   */
  async execute({ start, request, caller }: StartSession): Promise<CommandResult> {
    const { partner_id, language } = start;
    const assignment = { session_id: request.sessionId, completable: false, language };
    // An expected revision refers to an existing session, so nothing is to be started.
    const isNew = request.expectedRevision === undefined;
    const known = isNew ? await this.partners.register(partner_id, assignment, request) : null;
    const memory = await this.partners.readable(known, partner_id, caller);
    const result = await this.commands.execute<ExecuteCommands, CommandResult>(
      new ExecuteCommands({ ...request, commands: [{ ...start, memory }] }),
    );
    await this.partners.confirmHere(partner_id, result.session);
    return result;
  }
}

/**
 * The id of a new session; a repetition with the same key gets the same one. The first digits are random; with cells
 * the last ones are those of its slot.
 */
export function newSessionId(seed: string, key: string | undefined, slot: number | undefined): string {
  const id =
    key === undefined
      ? randomUUID()
      : v4({ random: createHash('sha256').update(`${seed}\n${key}`).digest().subarray(0, 16) });
  return slot === undefined ? id : withSlot(id, slot);
}

/** The id by which a repeated start with the caller's own session id and the same body is recognised. */
export function startId(sessionId: string, body: object): string {
  return `start:${uuidV5(canonicalJson({ ...body }), sessionId)}`;
}
