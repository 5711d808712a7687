import { CommandRejectedError } from '#sessions';
import type { AgentCommands } from '../common/agent-commands.ts';
import type { Attachment } from './attachment.ts';

/**
 * The least time between two acknowledgement events of a session, in milliseconds; acknowledgements in between share
 * one event.
 */
const pauseMs = 200;
/** Pause after a failure, in milliseconds. */
const retryMs = 1_000;
/** Sessions whose acknowledgements are written concurrently. */
const atOnce = 16;
/** Updates named in one event. */
const perEvent = 256;

/** Writes acknowledgements to the streams: the first at once, those that follow soon after in one event. */
export class AckBatcher {
  /**
   * When each session's next acknowledgement may be written (ms), by `performance.now()`. Sessions with a write in
   * progress are not in here.
   */
  private readonly due = new Map<Attachment, number>();
  private readonly writing = new Set<Attachment>();

  /** @param onWritten called when acknowledgements of a session are in its stream */
  constructor(
    private readonly commands: Pick<AgentCommands, 'acknowledge'>,
    private readonly onWritten: (attachment: Attachment) => void,
  ) {}

  /** A session has acknowledgements to write. */
  add(attachment: Attachment): void {
    const now = performance.now();
    if (!attachment.hasAcks || this.writing.has(attachment)) return;
    const dueAt = this.due.get(attachment) ?? now;
    this.due.set(attachment, dueAt);
    if (dueAt <= now) this.start(attachment);
  }

  /** Writes the acknowledgements that have waited long enough. */
  flushDue(): void {
    const now = performance.now();
    for (const [attachment, dueAt] of this.due) if (dueAt <= now && !this.start(attachment)) return;
  }

  /** False when too many writes are in progress. */
  private start(attachment: Attachment): boolean {
    if (!attachment.hasAcks) return this.due.delete(attachment);
    if (this.writing.size >= atOnce) return false;
    this.due.delete(attachment);
    this.writing.add(attachment);
    void this.write(attachment);
    return true;
  }

  private async write(attachment: Attachment): Promise<void> {
    const updates = attachment.nextAcks(perEvent);
    let dueAt = performance.now() + pauseMs;
    try {
      const revision = await this.commands.acknowledge(attachment.sessionId, attachment, updates);
      attachment.acksWritten(updates.at(-1)?.revision ?? -1, revision);
      this.onWritten(attachment);
    } catch (error) {
      if (error instanceof CommandRejectedError) attachment.acksRejected();
      else dueAt = performance.now() + retryMs;
    }
    if (attachment.hasAcks || !attachment.isClosed) this.due.set(attachment, dueAt);
    const wasFull = this.writing.size >= atOnce;
    this.writing.delete(attachment);
    if (wasFull) this.flushDue();
  }
}
