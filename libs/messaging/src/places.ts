import type { Message, PartitionerArgs } from 'kafkajs';
import { createPartitioner, partitionOf } from './partitioner.ts';

interface Place {
  readonly partition: number;
  readonly hasLeader: boolean;
}

/** How long a partition counts as one without a leader after it was seen without (ms). */
const leaderlessMs = 5_000;

/** The partitions that a producer has chosen for messages, and which had no leader. A message keeps its partition when it is sent again. */
export class Places {
  private readonly places = new WeakMap<Message, Place>();
  private readonly first = createPartitioner();
  /** How many partitions topics have. */
  private readonly counts = new Map<string, number>();
  /** Until when partitions count as without a leader (milliseconds). */
  private readonly leaderless = new Map<string, number>();

  /** The partitioner of the producer. */
  readonly choose = (args: PartitionerArgs): number => {
    const { topic, message, partitionMetadata } = args;
    const partition = this.partitionOf(message) ?? this.first(args);
    const leader = partitionMetadata.find(({ partitionId }) => partitionId === partition)?.leader;
    const hasLeader = leader !== undefined && leader >= 0;
    this.places.set(message, { partition, hasLeader });
    this.counts.set(topic, partitionMetadata.length);
    if (hasLeader) this.leaderless.delete(`${topic} ${partition}`);
    else this.leaderless.set(`${topic} ${partition}`, Date.now() + leaderlessMs);
    return partition;
  };

  partitionOf(message: Message): number | undefined {
    return this.places.get(message)?.partition;
  }

  /** Whether its partition had a leader when the message was last sent. */
  hasLeader(message: Message): boolean {
    return this.places.get(message)?.hasLeader ?? true;
  }

  /** Whether the partition of a message that is not sent yet had no leader a moment ago. */
  isLeaderless(topic: string, message: Message): boolean {
    if (this.leaderless.size === 0) return false;
    return Date.now() < (this.leaderless.get(this.nameOf(topic, message) ?? '') ?? -Infinity);
  }

  /** Names the partition of a message, also before it is sent; undefined: not known yet. */
  nameOf(topic: string, message: Message): string | undefined {
    const { key, partition } = message;
    const count = this.counts.get(topic);
    const byKey = typeof key === 'string' || Buffer.isBuffer(key) ? { key } : undefined;
    const ofKey = byKey && count !== undefined ? partitionOf(byKey, count) : undefined;
    const chosen = this.partitionOf(message) ?? partition ?? ofKey;
    return chosen === undefined ? undefined : `${topic} ${chosen}`;
  }
}
