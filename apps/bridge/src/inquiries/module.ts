import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { OutboundModule } from '../outbound/module.ts';
import { InquiryCheckpoint } from './checkpoint.ts';
import { Circuits } from './circuits.ts';
import { InquiryCommands } from './commands.ts';
import { Deadlines } from './deadlines.ts';
import { KafkaPresence } from './kafka-presence.ts';
import { RequestScheduler } from './request-scheduler.ts';
import { RequestSender } from './request-sender.ts';
import { InquiryRunner } from './runner.ts';

/** Asks the sources of inquiries, and closes inquiries at their deadline. */
@Module({
  imports: [OutboundModule],
  providers: [
    InquiryRunner,
    InquiryCheckpoint,
    InquiryCommands,
    Deadlines,
    RequestScheduler,
    RequestSender,
    Circuits,
    KafkaPresence,
  ],
  exports: [Circuits, InquiryRunner],
})
export class InquiriesModule {
  constructor(loops: Loops, runner: InquiryRunner, sender: RequestSender, presence: KafkaPresence) {
    loops.add(runner, sender);
    loops.addForKafka(presence);
  }
}
