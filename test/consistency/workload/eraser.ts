import { sleep } from '#platform';
import { now } from '../common/now.ts';
import type { Recorder } from '../common/recorder.ts';
import type { ApiNode } from '../system/cluster.ts';
import type { Escrow } from '../system/escrow.ts';
import type { Sender } from './sender.ts';
import { ask } from './sender.ts';

interface Receipt {
  readonly checked: readonly { readonly left: number }[];
}

/** Generous, since it only bounds a failure: every process stopped by a fault runs again. */
const patienceMs = 180_000;

interface EraserOptions {
  readonly recorder: Recorder;
  readonly escrow: Escrow;
  readonly nodes: () => readonly ApiNode[];
  readonly sender: Sender;
}

/** Erases partners, and reads their data afterwards. */
export class Eraser {
  private asked = 0;

  constructor(private readonly options: EraserOptions) {}

  /**
   * Repeats the request until it is accepted, then polls for the receipt, even after the end of the load, so that the
   * evidence is complete.
   */
  async erase(partner_id: string, sessions: readonly string[]): Promise<void> {
    const { recorder, escrow, nodes, sender } = this.options;
    const signal = AbortSignal.timeout(patienceMs);
    const path = `/v1/partners/${partner_id}`;
    await escrow.copy(partner_id);
    const start = now();
    const body = JSON.stringify({ reason: 'consistency' });
    const request = { method: 'DELETE', headers: { 'content-type': 'application/json' }, body };
    await this.until(path, request, signal, ({ status }) => status === 202);
    const answer = await this.until(`${path}/erasure`, {}, signal, ({ body }) => receiptIn(body) !== null);
    const receipt = receiptIn(answer?.body);
    const left = receipt?.checked.reduce((sum, one) => sum + one.left, 0) ?? 0;
    recorder.record({ kind: 'erasure', partner_id, start, end: receipt ? now() : null, left });
    for (const node of nodes()) for (const id of sessions) await sender.read(id, null, node);
  }

  private async until(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
    isWanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean,
  ): Promise<Awaited<ReturnType<typeof ask>> | undefined> {
    for (;;) {
      const answer = await ask(`${this.next().url}${path}`, init);
      if (isWanted(answer)) return answer;
      if (signal.aborted) return undefined;
      await sleep(100, signal);
    }
  }

  /** Alternates between the nodes: each may be disturbed. */
  private next(): ApiNode {
    const nodes = this.options.nodes();
    this.asked += 1;
    const node = nodes[this.asked % nodes.length];
    if (node === undefined) throw new Error('There is no api node.');
    return node;
  }
}

function receiptIn(body: unknown): Receipt | null {
  return (body as { receipt?: Receipt | null } | null | undefined)?.receipt ?? null;
}
