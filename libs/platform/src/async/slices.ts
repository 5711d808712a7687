import { setImmediate } from 'node:timers/promises';

/** How long one slice of work may block the event loop, in milliseconds. */
const sliceMs = 10;

/** Splits long work, so that the process can do other work in between. */
export class Slices {
  private endsAt = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.begin();
  }

  /** Call it between small pieces of the work: lets other work run when a slice is over. */
  async next(): Promise<void> {
    if (this.now() < this.endsAt) return;
    await setImmediate();
    this.begin();
  }

  private begin(): void {
    this.endsAt = this.now() + sliceMs;
  }
}
