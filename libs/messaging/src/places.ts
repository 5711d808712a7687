import type { Message, PartitionerArgs } from 'kafkajs';
import { createPartitioner } from './partitioner.ts';

interface Place {
  readonly partition: number;
  readonly hasLeader: boolean;
}

/** The partitions that a producer has chosen for messages. A message keeps its partition when it is sent again. */
export class Places {
  private readonly places = new WeakMap<Message, Place>();
  private readonly first = createPartitioner();

  /** The partitioner of the producer. */
  readonly choose = (args: PartitionerArgs): number => {
    const { message, partitionMetadata } = args;
    const partition = this.partitionOf(message) ?? this.first(args);
    const leader = partitionMetadata.find(({ partitionId }) => partitionId === partition)?.leader;
    this.places.set(message, { partition, hasLeader: leader !== undefined && leader >= 0 });
    return partition;
  };

  partitionOf(message: Message): number | undefined {
    return this.places.get(message)?.partition;
  }

  /** Whether its partition had a leader when the message was last sent. */
  hasLeader(message: Message): boolean {
    return this.places.get(message)?.hasLeader ?? true;
  }
}
