/** The backing services, as the launcher runs them natively or in Docker. */
import { eventStore } from './event-store.ts';
import { kafka } from './kafka.ts';
import { postgres } from './postgres.ts';
import type { BackingService } from './service.ts';
import { valkey } from './valkey.ts';

export { answersAt, GREETINGS } from './answers.ts';
export { composeDown, composeProgram, dockerIsChosen, recordChoice } from './docker.ts';
export type { BackingService, Program } from './service.ts';

export const backingServices: readonly BackingService[] = [eventStore, kafka, valkey, postgres];
