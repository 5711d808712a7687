import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { AcknowledgedUpdate, AttachReason, DetachReason, JsonObject, SessionCommand } from '#domain';
import type { CommandResult } from '#sessions';
import { ExecuteCommands } from '../sessions/execute-commands.ts';
import type { Member } from './registry/registry.ts';

/** The commands that the gateway itself sends. All go through the same path as an agent's own. */
@Injectable()
export class AgentCommands {
  constructor(private readonly commands: CommandBus) {}

  /** @throws CommandRejectedError when the session is over, or another than `replaces` holds it */
  attach(
    sessionId: string,
    { instance, pool }: Member,
    options: { node: string; after: number | null; reason: AttachReason; replaces: number | null },
  ): Promise<CommandResult> {
    return this.execute(sessionId, instance, { type: 'AttachAgent', instance, pool, ...options });
  }

  detach(
    sessionId: string,
    { instance, epoch }: { instance: string; epoch: number },
    reason: DetachReason,
    waiting: boolean,
  ): Promise<CommandResult> {
    return this.execute(sessionId, instance, { type: 'DetachAgent', instance, epoch, reason, waiting });
  }

  acknowledge(
    sessionId: string,
    { instance, epoch }: { instance: string; epoch: number },
    updates: readonly AcknowledgedUpdate[],
  ): Promise<CommandResult> {
    const command = { type: 'AcknowledgeUpdate', instance, epoch, updates } as const;
    const id = `ack:${epoch}:${updates.at(-1)?.revision}`;
    const body = { type: command.type, epoch, up_to: updates.at(-1)?.revision ?? null };
    return this.execute(sessionId, instance, command, { id, body });
  }

  /** Asks once for each wait of the session, whichever node does it. */
  requestHandoff(sessionId: string, reason: string, id: string): Promise<CommandResult> {
    const command = { type: 'RequestHandoff', reason } as const;
    return this.execute(sessionId, 'system', command, { id, body: { id } });
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
