/** The answers of reads while the replica, which serves most of them, has one fault after the other. */
import { setTimeout } from 'node:timers/promises';
import { waitUntil } from '#platform';
import { ConversationRows } from './conversation-rows.ts';
import type { StreamingReplica } from './streaming-replica.ts';

/** An api on both servers, called as an agent or an auditor. */
export interface ReplicaReader {
  get(path: string, role: 'agent' | 'auditor', headers?: Record<string, string>): Promise<Response>;
}

type Fault = (pair: StreamingReplica, forMs: number) => Promise<void>;

const faults: Readonly<Record<string, Fault>> = {
  'replays nothing': async (pair, forMs) => {
    await pair.pauseReplay();
    await setTimeout(forMs);
    await pair.resumeReplay();
  },
  hangs: async (pair, forMs) => {
    pair.freeze('replica');
    await setTimeout(forMs);
    pair.thaw('replica');
  },
  'is killed': async (pair, forMs) => {
    await pair.kill('replica');
    await setTimeout(forMs);
  },
};

export interface ReplicaFacts {
  readonly written: number;
  readonly answers: number;
  /** Answers other than 200. */
  readonly refused: readonly string[];
  /** Turns that were committed before the time of an answer and are missing in it. */
  readonly older: readonly string[];
  /** Answers older than allowed, by their own headers. */
  readonly tooOld: readonly string[];
  /** Turns that followers, reading from both servers, missed or got twice. */
  readonly missed: readonly string[];
  readonly repeated: readonly string[];
  /** The slowest answer, in milliseconds. */
  readonly slowestMs: number;
  /** Answers by their source, as the metrics count them. */
  readonly reads: Readonly<Record<string, number>>;
}

/**
 * @param rounds how often each fault occurs
 * @param forMs how long each fault lasts, and the pause between two
 * @param maxAgeMs the maximum age that the api allows
 */
export async function readThroughFaults(
  pair: StreamingReplica,
  reader: ReplicaReader,
  { rounds, forMs, maxAgeMs }: { readonly rounds: number; readonly forMs: number; readonly maxAgeMs: number },
): Promise<ReplicaFacts> {
  const rows = new ConversationRows(pair.pool.primary);
  await rows.begin();
  const workload = new Readers(rows, reader, maxAgeMs);
  const ended = new AbortController();
  const working = workload.run(ended.signal);
  for (let round = 0; round < rounds; round += 1)
    for (const fault of Object.values(faults)) {
      await workload.fromReplica();
      await fault(pair, forMs);
    }
  await workload.fromReplica();
  ended.abort();
  await working;
  return { ...(await workload.facts()), reads: await workload.reads() };
}

class Readers {
  private answers = 0;
  private slowestMs = 0;
  private readonly refused: string[] = [];
  private readonly older: string[] = [];
  private readonly tooOld: string[] = [];
  private readonly followers = [new Map<string, number>(), new Map<string, number>()];
  private readonly places = new Map<Map<string, number>, string>();

  constructor(
    private readonly rows: ConversationRows,
    private readonly reader: ReplicaReader,
    private readonly maxAgeMs: number,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const again = async (work: () => Promise<unknown>): Promise<void> => {
      while (!signal.aborted) {
        await work();
        await setTimeout(5);
      }
    };
    await Promise.all([
      again(() => this.rows.write()),
      again(() => this.look('agent')),
      again(() => this.look('auditor')),
      // Every other page is read from the primary.
      ...this.followers.map((seen, index) => {
        let pages = index;
        return again(() => this.follow(seen, (pages += 1) % 2 === 0));
      }),
    ]);
  }

  /** Waits until the replica has answered once more. */
  async fromReplica(): Promise<void> {
    const count = async (): Promise<number> => (await this.reads())['replica'] ?? 0;
    const before = await count();
    await waitUntil(async () => (await count()) > before, {
      what: 'an answer of the replica',
      timeoutMs: 60_000,
    });
  }

  async reads(): Promise<Record<string, number>> {
    const text = await (await this.reader.get('/metrics', 'agent')).text();
    const lines = text.matchAll(/^replica_reads_total\{.*?result="(\w+)".*?\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, result, value]) => [result, Number(value)]));
  }

  async facts(): Promise<Omit<ReplicaFacts, 'reads'>> {
    const { written } = this.rows;
    for (const seen of this.followers) while ((await this.follow(seen, true)) > 0);
    const ids = written.map(({ turn_id }) => turn_id);
    const { answers, refused, older, tooOld, slowestMs } = this;
    const missed = this.followers.flatMap((seen) => ids.filter((id) => !seen.has(id)));
    const repeated = this.followers.flatMap((seen) => ids.filter((id) => (seen.get(id) ?? 0) > 1));
    return { written: written.length, answers, refused, older, tooOld, missed, repeated, slowestMs };
  }

  /** The newest turns include everything up to the time of the answer. */
  private async look(role: 'agent' | 'auditor'): Promise<void> {
    const page = await this.page(role, 'order=desc&limit=100');
    if (page === undefined) return;
    const there = new Set(page.items);
    for (const { turn_id, at } of this.rows.written.slice(-60))
      if (at < page.asOf && !there.has(turn_id)) this.older.push(`${turn_id} of ${page.asOf - at} ms before`);
  }

  private async follow(seen: Map<string, number>, fromPrimary: boolean): Promise<number> {
    const after = this.places.get(seen);
    const query = `order=recorded&limit=20${after === undefined ? '' : `&after=${after}`}`;
    const page = await this.page('agent', query, fromPrimary ? { 'cache-control': 'no-cache' } : {});
    if (page === undefined) return 0;
    if (page.next !== null) this.places.set(seen, page.next);
    for (const id of page.items) seen.set(id, (seen.get(id) ?? 0) + 1);
    return page.items.length;
  }

  private async page(
    role: 'agent' | 'auditor',
    query: string,
    headers: Record<string, string> = {},
  ): Promise<{ items: string[]; next: string | null; asOf: number } | undefined> {
    const begun = performance.now();
    const path = `/v1/turns?partner_id=${this.rows.partnerId}&${query}`;
    const answer = await this.reader.get(path, role, headers);
    const tookMs = performance.now() - begun;
    this.answers += 1;
    this.slowestMs = Math.max(this.slowestMs, tookMs);
    if (answer.status !== 200) {
      this.refused.push(`${answer.status} ${await answer.text()}`);
      return undefined;
    }
    const asOf = Date.parse(answer.headers.get('turnstream-as-of') ?? '');
    // It was fresh enough when it was read.
    const ageMs = Date.now() - asOf - tookMs;
    if (!(ageMs <= this.maxAgeMs)) this.tooOld.push(`${ageMs} ms`);
    const { items, next } = (await answer.json()) as { items: { turn_id: string }[]; next: string | null };
    return { items: items.map(({ turn_id }) => turn_id), next, asOf };
  }
}
