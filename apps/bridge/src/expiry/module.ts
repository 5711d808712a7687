import { Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Loops } from '../common/loops.ts';
import { OutboundModule } from '../outbound/module.ts';
import { DUE_SESSIONS, dueSessionsIn } from './due-sessions.ts';
import { ExpiryTimer } from './timer.ts';

/** Ends sessions that have been idle for too long. */
@Module({
  imports: [OutboundModule],
  providers: [{ provide: DUE_SESSIONS, useFactory: dueSessionsIn, inject: [Pool] }, ExpiryTimer],
})
export class ExpiryModule {
  constructor(loops: Loops, timer: ExpiryTimer) {
    loops.add(timer);
  }
}
