import { CommandRejectedError } from '#sessions';
import type { AgentCommands } from '../agent-commands.ts';
import type { Attachment } from './attachment.ts';

/** The least time between two acknowledgements of a session in its stream, in milliseconds: those between share one. */
const pauseMs = 200;
const retryMs = 1_000;
const atOnce = 16;
/** Updates named in one event. */
const perEvent = 256;

/** Writes what instances acknowledge into the streams: the first at once, what follows soon after in one event. */
export class AckBatcher {
  private readonly waiting = new Set<Attachment>();
  private running = 0;

  /** @param onDone told when an acknowledgement is in the stream, at this revision */
  constructor(
    private readonly commands: AgentCommands,
    private readonly onDone: (attachment: Attachment, upTo: number, revision: number) => void,
    private readonly onLost: (attachment: Attachment) => void,
  ) {}

  add(attachment: Attachment): void {
    if (!attachment.acks) return;
    this.waiting.add(attachment);
    this.flushDue(Date.now());
  }

  /** Writes what has waited long enough. */
  flushDue(now: number): void {
    for (const attachment of this.waiting) {
      if (this.running >= atOnce) return;
      if (attachment.flushing || attachment.lastFlush + pauseMs > now) continue;
      this.waiting.delete(attachment);
      this.running += 1;
      attachment.lastFlush = now;
      attachment.flushing = true;
      void this.flush(attachment);
    }
  }

  private async flush(attachment: Attachment): Promise<void> {
    const { sessionId, epoch, connection } = attachment;
    const updates = attachment.acks?.slice(0, perEvent) ?? [];
    try {
      const holder = { instance: connection.member.instance, epoch };
      const result = await this.commands.acknowledge(sessionId, holder, updates);
      const upTo = updates.at(-1)?.revision ?? -1;
      const rest = attachment.acks?.filter(({ revision }) => revision > upTo) ?? [];
      attachment.acks = rest.length > 0 ? rest : undefined;
      this.onDone(attachment, upTo, result.revision);
    } catch (error) {
      if (error instanceof CommandRejectedError) {
        attachment.acks = undefined;
        this.onLost(attachment);
      } else {
        attachment.lastFlush = Date.now() + retryMs;
      }
    } finally {
      this.running -= 1;
      attachment.flushing = false;
      if (attachment.acks) this.waiting.add(attachment);
      this.flushDue(Date.now());
    }
  }
}
