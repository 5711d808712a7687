import { Module } from '@nestjs/common';
import { Loops } from '../common/loops.ts';
import { UpdateHousekeeping } from './housekeeping.ts';
import { KeptUpdates } from './kept-updates.ts';
import { LateUpdates } from './late-updates.ts';
import { Ownership } from './ownership.ts';
import { UpdateRecorder } from './recorder.ts';

/** Updates of other systems: kept for sessions that begin or mention their reference later, and recorded in sessions. */
@Module({
  providers: [KeptUpdates, LateUpdates, Ownership, UpdateRecorder, UpdateHousekeeping],
  exports: [KeptUpdates, LateUpdates, Ownership, UpdateRecorder],
})
export class UpdatesModule {
  constructor(loops: Loops, housekeeping: UpdateHousekeeping) {
    loops.add(housekeeping);
  }
}
