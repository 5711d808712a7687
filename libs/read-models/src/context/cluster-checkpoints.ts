import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { clusterOf } from '#platform';
import { slotOf } from '#platform';
import type { Checkpoints, ContextCheckpoint } from './checkpoint.ts';
import { bringOver, checkpointKey, deleteContexts, leastCheckpoint } from './checkpoint.ts';
import { CheckpointRegressedError } from './errors.ts';
import type { Call } from './records.ts';
import { reply } from './records.ts';
import { applied } from './scripts.ts';

/** Hash tags that are tried: a master with one slot of 16,384 has one of them almost certainly. */
const mostTags = 200_000;

type Cluster = NonNullable<ReturnType<typeof clusterOf>>;

/**
 * The checkpoints in a cluster: each master holds one of a partition, written behind the contexts that it holds, so that a
 * replica which takes over without the last contexts lacks the last checkpoint, too. That of the partition is the least of them.
 */
export class ClusterCheckpoints implements Checkpoints {
  /** Distinguishes this writer from others that had the partition before. */
  private readonly writer = randomUUID();

  constructor(private readonly cluster: Cluster) {}

  /** A master that has none may have contexts of any age: they are removed, and folded again on demand. */
  async read(prefixes: readonly string[]): Promise<bigint | undefined> {
    const masters = [...this.cluster.masters()];
    const positions = await Promise.all(masters.map(async ([master]) => this.claim(master, prefixes)));
    const position = positions.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a));
    if (position === undefined) return undefined;
    const bare = masters.filter((_, index) => positions[index] === undefined);
    for (const [master, node] of bare) {
      await deleteContexts(connected(node), prefixes);
      await this.write({ prefixes, position }, [master], true);
    }
    return position;
  }

  /** The checkpoint concerns earlier batches: it need not wait for this one. */
  async along(checkpoint: ContextCheckpoint): Promise<readonly Call[]> {
    await this.save(checkpoint);
    return [];
  }

  /** @throws CheckpointRegressedError when a master may lack contexts that were written before */
  async save(checkpoint: ContextCheckpoint): Promise<void> {
    await this.write(checkpoint, [...this.cluster.masters().keys()], false);
  }

  async begin(checkpoint: ContextCheckpoint): Promise<void> {
    await this.write(checkpoint, [...this.cluster.masters().keys()], true);
  }

  async deletePartition(prefixes: readonly string[]): Promise<void> {
    for (const node of this.cluster.masters().values()) await deleteContexts(connected(node), prefixes);
    const keys = [...this.cluster.masters().keys()].flatMap((master) => this.keysOn(master, prefixes));
    const replies = await this.cluster.pipeline(keys.map((key) => ['del', key])).exec();
    for (const index of keys.keys()) reply(replies, index);
  }

  private async claim(master: string, prefixes: readonly string[]): Promise<bigint | undefined> {
    const claim = async () => {
      const replies = await this.cluster
        .pipeline([this.call('turnstreamClaimCheckpoint', master, prefixes)])
        .exec();
      return reply(replies, 0) as string[];
    };
    const texts = await claim();
    if (!texts.includes('')) return leastCheckpoint(texts);
    const tag = this.tagOf(master);
    await bringOver(this.cluster, prefixes, (prefix) => taggedKey(tag, prefix));
    return leastCheckpoint(await claim());
  }

  private async write(
    { prefixes, position }: ContextCheckpoint,
    masters: readonly string[],
    isFirst: boolean,
  ): Promise<void> {
    const calls = masters.map((master) =>
      this.call('turnstreamMoveCheckpoint', master, prefixes, String(position), isFirst ? '1' : '0'),
    );
    const replies = await this.cluster.pipeline(calls).exec();
    for (const index of calls.keys())
      if (reply(replies, index) !== applied) throw new CheckpointRegressedError();
  }

  private call(script: string, master: string, prefixes: readonly string[], ...args: string[]): unknown[] {
    const keys = this.keysOn(master, prefixes);
    return [script, keys.length, ...keys, this.writer, ...args];
  }

  /** Keys of one slot of a master. */
  private keysOn(master: string, prefixes: readonly string[]): string[] {
    const tag = this.tagOf(master);
    return prefixes.map((prefix) => taggedKey(tag, prefix));
  }

  private tagOf(master: string): number {
    for (let tag = 0; tag < mostTags; tag += 1)
      if (this.cluster.masterOf(slotOf(String(tag))) === master) return tag;
    // Its last slot went to another master.
    throw new Error('Connection is closed.');
  }
}

function taggedKey(tag: number, prefix: string): string {
  return `{${tag}}:${checkpointKey(prefix)}`;
}

function connected(node: Redis | undefined): Redis {
  if (node === undefined) throw new Error('Connection is closed.');
  return node;
}
