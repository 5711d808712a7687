import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { AcknowledgedUpdate, AttachAgent, DetachReason, JsonObject, SessionCommand } from '#domain';
import type { CommandResult } from '#sessions';
import { CommandRejectedError, UnprojectableEventError } from '#sessions';
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
    options: Omit<AttachAgent, 'type' | 'instance' | 'pool'>,
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

  /**
   * Requests a handoff since no agent answers: once for each id, whichever node does it, unless the session is over.
   * @returns whether that is settled; false: the session is set aside, and it is to be tried again
   */
  async requestHandoff(sessionId: string, id: string): Promise<boolean> {
    const command = { type: 'RequestHandoff', reason: 'no agent answers' } as const;
    const request = this.execute(sessionId, 'system', command, { id, body: { id } });
    return settledUnlessSetAside(request);
  }

  /**
   * Detaches an instance that lost its sessions and may not know it; a session that has moved on, or is set aside, is
   * left as it is.
   */
  async detachLost(lost: Owner & { readonly session_id: string }, reason: DetachReason): Promise<void> {
    await settledUnlessSetAside(this.detach(lost.session_id, lost, reason, true));
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

/** Whether a command was accepted or rejected; false when its session is set aside. Other errors are thrown. */
async function settledUnlessSetAside(command: Promise<unknown>): Promise<boolean> {
  try {
    await command;
    return true;
  } catch (error) {
    if (error instanceof UnprojectableEventError) return false;
    if (error instanceof CommandRejectedError) return true;
    throw error;
  }
}
