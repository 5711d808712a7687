import { Injectable } from '@nestjs/common';
import type { DetachReason } from '#domain';
import { inParallel, isUnavailable } from '#platform';
import { AgentCommands } from './agent-commands.ts';

/** A waiting session, and its former owner and epoch. */
interface Lost {
  readonly session_id: string;
  readonly instance: string;
  readonly epoch: number;
}

/** Detaches appended concurrently. */
const atOnce = 16;

/**
 * Sessions of instances that died or drain, and that no other instance took over. Their streams must record the
 * detach, so that later commands of the former owner are refused. Failed detaches are retried.
 */
@Injectable()
export class LostDetaches {
  private readonly pending = new Map<string, readonly [Lost, DetachReason]>();

  constructor(private readonly commands: AgentCommands) {}

  add(sessions: readonly Lost[], reason: DetachReason): void {
    for (const lost of sessions) this.pending.set(lost.session_id, [lost, reason]);
  }

  /**
   * Appends the outstanding detaches; those that fail while a backing service is unavailable stay for the next call.
   * @throws the first error, after all were tried
   */
  async append(): Promise<void> {
    const errors: unknown[] = [];
    await inParallel([...this.pending.values()], atOnce, async (item) => {
      const [lost, reason] = item;
      try {
        await this.commands.detachLost(lost, reason);
      } catch (error) {
        errors.push(error);
        if (isUnavailable(error)) return;
      }
      if (this.pending.get(lost.session_id) === item) this.pending.delete(lost.session_id);
    });
    if (errors.length > 0) throw errors[0];
  }
}
