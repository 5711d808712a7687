import { setTimeout as sleep } from 'node:timers/promises';
import type { Outgoing } from '#messaging';
import type { Logger } from '#platform';

/** A message that is of no use after a time (milliseconds). */
export interface Waiting {
  readonly message: Outgoing;
  readonly until: number;
}

/** Sends what has piled up as one batch, and again until it is in or of no use any more. */
export class RequestSender {
  private waiting: Waiting[] = [];
  private wake: (() => void) | undefined;

  constructor(
    private readonly send: (messages: readonly Outgoing[]) => Promise<void>,
    private readonly logger: Logger,
  ) {}

  add(item: Waiting): void {
    this.waiting.push(item);
    this.wake?.();
  }

  /** Goes on until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
    while (!signal.aborted) {
      if (this.waiting.length === 0) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
      const batch = this.waiting;
      this.waiting = [];
      await this.deliver(batch, signal);
    }
  }

  private async deliver(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const now = Date.now();
      const messages = batch.filter(({ until }) => until > now).map(({ message }) => message);
      try {
        await this.send(messages);
        return;
      } catch (err) {
        if (attempt === 0) this.logger.warn({ err, messages: messages.length }, 'requests wait for Kafka');
        const delay = Math.min(1_000, 50 * 2 ** attempt);
        await sleep(delay, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
