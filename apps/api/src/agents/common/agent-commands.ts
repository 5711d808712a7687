import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { AcknowledgedUpdate, Actor, AttachAgent, DetachReason, SessionCommand } from '#domain';
import type { CommandRequest, CommandResult } from '#sessions';
import { CommandRejectedError, UnprojectableEventError } from '#sessions';
import type { Caller, Reach } from '#privacy';
import { openCaller, reaches } from '#privacy';
import { actorOf } from '../../common/command-headers.ts';
import { ExecuteCommands } from '../../sessions/execute-commands.ts';

/** The owner of a session, as commands name it. */
interface Owner {
  readonly instance: string;
  readonly epoch: number;
  readonly caller?: Caller | undefined;
}

/** The gateway's own commands. They take the same path as an agent's commands. */
@Injectable()
export class AgentCommands {
  constructor(private readonly commands: CommandBus) {}

  /** @throws CommandRejectedError when the session is over, or another epoch than `replaces` owns it */
  attach(
    sessionId: string,
    { instance, pool, caller }: { instance: string; pool: string; caller: Caller },
    options: Omit<AttachAgent, 'type' | 'instance' | 'pool'>,
  ): Promise<CommandResult> {
    const command = { type: 'AttachAgent', instance, pool, ...options } as const;
    const isReached = (session: Reach) => reaches(caller, session);
    return this.execute(sessionId, actorOf({ ...caller, instance }), command, { reaches: isReached });
  }

  /** @param waiting whether the session waits for another instance of the pool */
  async detach(
    sessionId: string,
    { instance, epoch, caller = openCaller }: Owner,
    reason: DetachReason,
    waiting: boolean,
  ): Promise<void> {
    const command = { type: 'DetachAgent', instance, epoch, reason, waiting } as const;
    await this.execute(sessionId, actorOf({ ...caller, instance }), command);
  }

  /**
   * Appends the acknowledgement of updates by an owner; resolves to the revision of that event.
   * @throws CommandRejectedError when the session has another owner, or none
   */
  async acknowledge(
    sessionId: string,
    { instance, epoch, caller = openCaller }: Owner,
    updates: readonly AcknowledgedUpdate[],
  ): Promise<number> {
    const type = 'AcknowledgeUpdate';
    const upTo = updates.at(-1)?.revision;
    const known = { commandIds: [`ack:${epoch}:${upTo}`], body: { type, epoch, up_to: upTo ?? null } };
    const command = { type, instance, epoch, updates } as const;
    const actor = actorOf({ ...caller, instance });
    return (await this.execute(sessionId, actor, command, known)).revision;
  }

  /**
   * Requests a handoff because no agent answers: once for each id, from any node, unless the session is over.
   * @returns whether it is settled; false: the session is set aside, and the request has to be repeated
   */
  async requestHandoff(sessionId: string, id: string): Promise<boolean> {
    const command = { type: 'RequestHandoff', reason: 'no agent answers' } as const;
    const actor = { role: 'system', id: 'dispatcher' } as const;
    const request = this.execute(sessionId, actor, command, { commandIds: [id], body: { id } });
    return settledUnlessSetAside(request);
  }

  /**
   * Detaches an instance that lost its sessions and may not know it. A session that has changed its owner, or is set
   * aside, is left as it is.
   */
  async detachLost(lost: Owner & { readonly session_id: string }, reason: DetachReason): Promise<void> {
    await settledUnlessSetAside(this.detach(lost.session_id, lost, reason, true));
  }

  private execute(
    sessionId: string,
    actor: Actor,
    command: SessionCommand,
    more: Partial<CommandRequest> = {},
  ): Promise<CommandResult> {
    return this.commands.execute(
      new ExecuteCommands({
        sessionId,
        commands: [command],
        actor,
        commandIds: [],
        body: {},
        ...more,
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
