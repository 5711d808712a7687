import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { RetentionTimer } from './timer.ts';

/** Deletes what is older than the policy allows. */
@Module({
  providers: [RetentionTimer],
})
export class RetentionModule {
  constructor(loops: Loops, timer: RetentionTimer) {
    loops.add(timer);
  }
}
