import { setTimeout as sleep } from 'node:timers/promises';

/** Limit of a spec, in milliseconds, which only a fault reaches. */
export const limitMs = 180_000;

/** Waits until the condition holds. */
export async function waitUntil(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + limitMs / 2;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Timed out waiting for ${String(condition)}`);
    await sleep(5);
  }
}

/** Collects the resources that a spec opened; `closeAll` closes them in reverse order, even after a failure. */
export class Cleanup {
  private readonly closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.closers.push(close);
  }

  async closeAll(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close();
  }
}
