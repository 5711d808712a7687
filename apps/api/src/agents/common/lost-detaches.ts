import { Injectable } from '@nestjs/common';
import type { DetachReason } from '#domain';
import { inParallel, isUnavailable } from '#platform';
import { AgentCommands } from './agent-commands.ts';

/** A session that waits, and who had it at which epoch. */
interface Lost {
  readonly session_id: string;
  readonly instance: string;
  readonly epoch: number;
}

/** Sessions whose detach is appended at the same time. */
const atOnce = 16;

/**
 * The sessions that nobody took from an instance that is gone: their streams have to say so, and refuse what it still
 * sends. What fails is tried again.
 */
@Injectable()
export class LostDetaches {
  private readonly pending = new Map<string, readonly [Lost, DetachReason]>();

  constructor(private readonly commands: AgentCommands) {}

  add(sessions: readonly Lost[], reason: DetachReason): void {
    for (const lost of sessions) this.pending.set(lost.session_id, [lost, reason]);
  }

  /**
   * Appends what is not appended yet; what fails while a backing service is unavailable stays for the next call.
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
