import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { clusterOf } from '#platform';
import { slotOf } from '#platform';
import type { Checkpoints, ContextCheckpoint } from './checkpoint.ts';
import {
  bringOver,
  checkpointKey,
  deleteContexts,
  leastCheckpoint,
  nothingWritten,
  withOtherDivision,
} from './checkpoint.ts';
import { CheckpointRegressedError } from './errors.ts';
import type { Call } from './records.ts';
import { reply } from './records.ts';
import { applied } from './scripts.ts';

/** Hash tags to try: even a master with one slot of 16,384 almost certainly has one of them. */
const mostTags = 200_000;

type Cluster = NonNullable<ReturnType<typeof clusterOf>>;

/** A claim of a partition: from then on only the claimant may move the checkpoints. */
interface Claim {
  readonly id: string;
  /** The history of each master at the claim. */
  readonly histories: ReadonlyMap<string, string>;
}

/** The checkpoints of a partition on one master: "position claim" for each prefix, '' for a missing one. */
interface Found {
  readonly history: string;
  readonly texts: readonly string[];
}

/**
 * The checkpoints in a cluster: each master holds one per partition, written after the contexts on that master, so that a
 * replica that takes over without the last contexts also lacks the last checkpoint. The partition's checkpoint is the lowest of them.
 */
export class ClusterCheckpoints implements Checkpoints {
  /** The latest claim of each partition, by its prefixes. */
  private readonly claims = new Map<string, Claim>();

  constructor(private readonly cluster: Cluster) {}

  /** A master without a checkpoint may have contexts of any age: they are removed, and folded again on demand. */
  async read(prefixes: readonly string[]): Promise<bigint | undefined> {
    const masters = [...this.cluster.masters()];
    // Claims none before all have answered: a claim would change what the others are compared with.
    const found = await Promise.all(masters.map(([master]) => this.look(master, prefixes)));
    const histories = new Map(masters.map(([master], index) => [master, found[index]?.history ?? '']));
    const claim = { id: randomUUID(), histories };
    this.claims.set(prefixes.join(), claim);
    const isCurrent = currentOf(found);
    const current = masters.filter((_, index) => isCurrent[index]);
    if (current.length === 0) return undefined;
    const positions = await Promise.all(current.map(([master]) => this.take(claim, master, prefixes)));
    const position = positions.reduce((a, b) => (b < a ? b : a));
    for (const [master, node] of masters.filter((_, index) => isCurrent[index] !== true)) {
      await deleteContexts(connected(node), prefixes);
      await this.write({ prefixes, position }, [master], true);
    }
    return position;
  }

  /** The checkpoint covers earlier batches, so it need not wait for this one. */
  async along(checkpoint: ContextCheckpoint): Promise<readonly Call[]> {
    await this.save(checkpoint);
    return [];
  }

  /** @throws CheckpointRegressedError when a master may lack contexts that were written before */
  async save(checkpoint: ContextCheckpoint): Promise<void> {
    await this.write(checkpoint, [...this.cluster.masters().keys()], false);
  }

  async begin(checkpoint: ContextCheckpoint): Promise<void> {
    if (!this.claims.has(checkpoint.prefixes.join())) await this.read(checkpoint.prefixes);
    await this.write(checkpoint, [...this.cluster.masters().keys()], true);
  }

  async deletePartition(prefixes: readonly string[]): Promise<void> {
    for (const node of this.cluster.masters().values()) await deleteContexts(connected(node), prefixes);
    const both = prefixes.flatMap(withOtherDivision);
    const keys = [...this.cluster.masters().keys()].flatMap((master) => this.keysOn(master, both));
    const replies = await this.cluster.pipeline(keys.map((key) => ['del', key])).exec();
    for (const index of keys.keys()) reply(replies, index);
  }

  private async look(master: string, prefixes: readonly string[]): Promise<Found> {
    const look = async (): Promise<Found> => {
      const answer = await this.call('turnstreamLookAtCheckpoint', master, prefixes);
      const [history = '', ...texts] = answer as string[];
      return { history, texts };
    };
    const found = await look();
    if (!found.texts.includes('')) return found;
    const tag = this.tagOf(master);
    await bringOver(this.cluster, prefixes, (prefix) => taggedKey(tag, prefix));
    return look();
  }

  /** @throws CheckpointRegressedError when the master was replaced since its checkpoint was read */
  private async take({ id, histories }: Claim, master: string, prefixes: readonly string[]): Promise<bigint> {
    const history = histories.get(master) ?? '';
    const answer = await this.call('turnstreamClaimCheckpoint', master, prefixes, id, history);
    const position = leastCheckpoint(answer as string[]);
    if (position === undefined) throw new CheckpointRegressedError();
    return position;
  }

  /** @param isFirst overwrites any checkpoint, if the master is the same as at the claim */
  private async write(
    { prefixes, position }: ContextCheckpoint,
    masters: readonly string[],
    isFirst: boolean,
  ): Promise<void> {
    const claim = this.claims.get(prefixes.join());
    const move = (master: string): Promise<unknown> => {
      const history = isFirst ? [claim?.histories.get(master) ?? ''] : [];
      const args = [claim?.id ?? '', String(position), ...history];
      return this.call('turnstreamMoveCheckpoint', master, prefixes, ...args);
    };
    const answers = await Promise.all(masters.map(move));
    if (answers.some((answer) => answer !== applied)) throw new CheckpointRegressedError();
  }

  private async call(
    script: string,
    master: string,
    prefixes: readonly string[],
    ...args: string[]
  ): Promise<unknown> {
    const keys = this.keysOn(master, prefixes);
    return reply(await this.cluster.pipeline([[script, keys.length, ...keys, ...args]]).exec(), 0);
  }

  /** Keys in one slot of a master. */
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

/**
 * Whether each master has checkpoints of the latest claim of each prefix: the claim at the highest position. Checkpoints of other
 * claims are leftovers, for example of a slot that left the master and came back.
 */
function currentOf(found: readonly Found[]): boolean[] {
  const parsed = found.map(({ texts }) => texts.map(parse));
  const latest = found[0]?.texts.map((_, at) => {
    const ofPrefix = parsed.flatMap((all) => all[at] ?? []);
    return ofPrefix.reduce((a, b) => (b.position > a.position ? b : a), nothing).claim;
  });
  return parsed.map((all) => all.every((one, at) => one !== undefined && one.claim === latest?.[at]));
}

const nothing = { position: nothingWritten - 1n, claim: '' };

function parse(text: string): { readonly position: bigint; readonly claim: string } | undefined {
  const [position = '', claim = ''] = text.split(' ');
  const parsed = leastCheckpoint([position]);
  return parsed === undefined ? undefined : { position: parsed, claim };
}

function taggedKey(tag: number, prefix: string): string {
  return `{${tag}}:${checkpointKey(prefix)}`;
}

function connected(node: Redis | undefined): Redis {
  if (node === undefined) throw new Error('Connection is closed.');
  return node;
}
