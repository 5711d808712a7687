/** Milliseconds of the machine's monotonic clock: shared by all its processes, and unaffected by steps of the time. */
export const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
