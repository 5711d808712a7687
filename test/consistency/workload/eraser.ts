import { sleep } from '#platform';
import { now } from '../common/now.ts';
import type { Recorder } from '../common/recorder.ts';
import type { ApiNode } from '../system/cluster.ts';
import type { Escrow } from '../system/escrow.ts';
import { ask } from './sender.ts';

interface Receipt {
  readonly checked: readonly { readonly left: number }[];
}

/** Generous, since it only bounds a failure: every process that a fault stops runs again. */
const patienceMs = 180_000;

/** Erases partners whose sessions are over. */
export class Eraser {
  constructor(
    private readonly recorder: Recorder,
    private readonly escrow: Escrow,
    private readonly node: () => ApiNode,
  ) {}

  /** Asks until it is taken, then for the receipt until it is there, also when the load is over: what is judged is complete. */
  async erase(partner_id: string): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    const path = `/v1/partners/${partner_id}`;
    await this.escrow.copy(partner_id);
    const start = now();
    const body = JSON.stringify({ reason: 'consistency' });
    const request = { method: 'DELETE', headers: { 'content-type': 'application/json' }, body };
    await this.until(path, request, signal, ({ status }) => status === 202);
    const answer = await this.until(`${path}/erasure`, {}, signal, ({ body }) => receiptIn(body) !== null);
    const receipt = receiptIn(answer?.body);
    const left = receipt?.checked.reduce((sum, one) => sum + one.left, 0) ?? 0;
    this.recorder.record({ kind: 'erasure', partner_id, start, end: receipt ? now() : null, left });
  }

  private async until(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
    isWanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean,
  ): Promise<Awaited<ReturnType<typeof ask>> | undefined> {
    for (;;) {
      const answer = await ask(`${this.node().url}${path}`, init);
      if (isWanted(answer)) return answer;
      if (signal.aborted) return undefined;
      await sleep(100, signal);
    }
  }
}

function receiptIn(body: unknown): Receipt | null {
  return (body as { receipt?: Receipt | null } | null | undefined)?.receipt ?? null;
}
