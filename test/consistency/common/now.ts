/** Milliseconds of the machine's monotonic clock: all its processes have the same one, and no step of the time moves it. */
export const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
