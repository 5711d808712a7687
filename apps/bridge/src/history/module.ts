import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { HistoryTimer } from './timer.ts';

/** Seals the history of each day. */
@Module({
  providers: [HistoryTimer],
})
export class HistoryModule {
  constructor(loops: Loops, timer: HistoryTimer) {
    loops.add(timer);
  }
}
