import type { Attachment } from '../delivery/attachment.ts';

/** Sessions of one instance read concurrently. */
const atOnce = 4;

/** The sessions of one connection whose streams have to be read: a few at a time, while there is room. */
export class ReadQueue {
  /** Undefined when none waits: most connections are usually idle. */
  private waiting: Set<Attachment> | undefined;
  private reading = 0;

  /**
   * @param deliver reads and sends a session's new events; resolves to whether there is more, never rejects
   * @param hasRoom whether more may be sent
   */
  constructor(
    private readonly deliver: (attachment: Attachment) => Promise<boolean>,
    private readonly hasRoom: () => boolean,
  ) {}

  /** Reads a session as soon as there is room. */
  schedule(attachment: Attachment): void {
    if (attachment.isReading) return;
    (this.waiting ??= new Set()).add(attachment);
    this.readNext();
  }

  /** Starts as many of the waiting reads as there is room for. */
  readNext(): void {
    while (this.waiting !== undefined && this.reading < atOnce && this.hasRoom()) {
      const [next] = this.waiting;
      if (next === undefined) return;
      this.waiting.delete(next);
      if (this.waiting.size === 0) this.waiting = undefined;
      this.reading += 1;
      void this.read(next);
    }
  }

  private async read(attachment: Attachment): Promise<void> {
    const more = await this.deliver(attachment);
    this.reading -= 1;
    if (more) this.schedule(attachment);
    this.readNext();
  }
}
