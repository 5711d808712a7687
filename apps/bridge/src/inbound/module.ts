import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { ReferencesModule } from '../references/module.ts';
import { UpdatesModule } from '../updates/module.ts';
import { ConsumerLag } from './consumer-lag.ts';
import { InboundConsumers } from './consumers.ts';
import { DeclaredEvents } from './declared-events.ts';
import { ExternalUpdates } from './external-updates.ts';
import { InquiryReplies } from './inquiry-replies.ts';

/** Reads the topics of other systems, and the replies to inquiries. */
@Module({
  imports: [ReferencesModule, UpdatesModule],
  providers: [DeclaredEvents, ExternalUpdates, InquiryReplies, InboundConsumers, ConsumerLag],
  exports: [InboundConsumers],
})
export class InboundModule {
  constructor(loops: Loops, consumers: InboundConsumers, lag: ConsumerLag) {
    loops.addForKafka(consumers, lag);
  }
}
