import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { AcknowledgedUpdate, AttachReason, DetachReason, JsonObject, SessionCommand } from '#domain';
import type { CommandResult } from '#sessions';
import { CommandRejectedError } from '#sessions';
import { ExecuteCommands } from '../../sessions/execute-commands.ts';

/** Who owns a session, in commands. */
interface Owner {
  readonly instance: string;
  readonly epoch: number;
}

/** The commands that the gateway itself sends. All go through the same path as an agent's own. */
@Injectable()
export class AgentCommands {
  constructor(private readonly commands: CommandBus) {}

  /** @throws CommandRejectedError when the session is over, or another epoch than `replaces` owns it */
  attach(
    sessionId: string,
    { instance, pool }: { instance: string; pool: string },
    options: { node: string; after: number | null; reason: AttachReason; replaces: number | null },
  ): Promise<CommandResult> {
    return this.execute(sessionId, instance, { type: 'AttachAgent', instance, pool, ...options });
  }

  /** @param waiting whether another instance of the pool takes the session next */
  async detach(
    sessionId: string,
    { instance, epoch }: Owner,
    reason: DetachReason,
    waiting: boolean,
  ): Promise<void> {
    await this.execute(sessionId, instance, { type: 'DetachAgent', instance, epoch, reason, waiting });
  }

  /**
   * Appends which updates an owner has handled; resolves to the revision of that event.
   * @throws CommandRejectedError when the session has another owner, or none
   */
  async acknowledge(
    sessionId: string,
    { instance, epoch }: Owner,
    updates: readonly AcknowledgedUpdate[],
  ): Promise<number> {
    const type = 'AcknowledgeUpdate';
    const upTo = updates.at(-1)?.revision;
    const known = { id: `ack:${epoch}:${upTo}`, body: { type, epoch, up_to: upTo ?? null } };
    const command = { type, instance, epoch, updates } as const;
    return (await this.execute(sessionId, instance, command, known)).revision;
  }

  /** Requests a handoff since no agent answers: once for each id, on any node, unless the session is over. */
  async requestHandoff(sessionId: string, id: string): Promise<void> {
    const command = { type: 'RequestHandoff', reason: 'no agent answers' } as const;
    await this.execute(sessionId, 'system', command, { id, body: { id } }).catch(ignoreRejection);
  }

  /** Detaches an instance that lost its sessions and may not know it; a session with a newer owner is left unchanged. */
  async detachLost(lost: Owner & { readonly session_id: string }, reason: DetachReason): Promise<void> {
    await this.detach(lost.session_id, lost, reason, true).catch(ignoreRejection);
  }

  private execute(
    sessionId: string,
    actor: string,
    command: SessionCommand,
    known?: { id: string; body: JsonObject },
  ): Promise<CommandResult> {
    return this.commands.execute(
      new ExecuteCommands({
        sessionId,
        commands: [command],
        actor: actor === 'system' ? { role: 'system', id: 'dispatcher' } : { role: 'agent', id: actor },
        commandIds: known ? [known.id] : [],
        body: known?.body ?? {},
      }),
    );
  }
}

function ignoreRejection(error: unknown): void {
  if (!(error instanceof CommandRejectedError)) throw error;
}
