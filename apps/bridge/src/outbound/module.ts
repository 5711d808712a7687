import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { UpdatesModule } from '../updates/module.ts';
import { OutboundPartitions } from './partitions.ts';

/** Publishes the events of conversations on Kafka, and keeps the index of references. */
@Module({
  imports: [UpdatesModule],
  providers: [OutboundPartitions],
  exports: [OutboundPartitions],
})
export class OutboundModule {
  constructor(loops: Loops, partitions: OutboundPartitions) {
    loops.add(partitions);
  }
}
