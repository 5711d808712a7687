import type { Message, PartitionerArgs } from 'kafkajs';
import { createPartitioner } from './partitioner.ts';

/** The partitions that a producer has chosen for messages. A message keeps its partition when it is sent again. */
export class Places {
  private readonly places = new WeakMap<Message, number>();
  private readonly first = createPartitioner();

  /** The partitioner of the producer. */
  readonly choose = (args: PartitionerArgs): number => {
    const { message } = args;
    const partition = this.partitionOf(message) ?? this.first(args);
    this.places.set(message, partition);
    return partition;
  };

  partitionOf(message: Message): number | undefined {
    return this.places.get(message);
  }
}
