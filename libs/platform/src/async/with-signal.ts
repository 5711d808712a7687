/**
 * Settles like the promise, or rejects with the signal's reason when it aborts first. Keeps nothing afterwards: `Promise.race` with a
 * promise that stays pending would add to that one with every call.
 */
export async function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
