import { setImmediate } from 'node:timers/promises';

/** How long one piece of work may keep the event loop, in milliseconds. */
const sliceMs = 10;

/** Divides long work, so that the process does other work in between. */
export class Slices {
  private endsAt = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.begin();
  }

  /** To be called between small pieces of the work: lets other work go on when a slice is over. */
  async next(): Promise<void> {
    if (this.now() < this.endsAt) return;
    await setImmediate();
    this.begin();
  }

  private begin(): void {
    this.endsAt = this.now() + sliceMs;
  }
}
