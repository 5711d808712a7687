import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { Eraser } from './eraser.ts';
import { PartnerFollower } from './follower.ts';
import { ErasureWorker } from './worker.ts';

/** Erases partners: follows their requests, and destroys what is due. */
@Module({
  providers: [Eraser, PartnerFollower, ErasureWorker],
})
export class ErasureModule {
  constructor(loops: Loops, follower: PartnerFollower, worker: ErasureWorker) {
    loops.add(follower, worker);
  }
}
