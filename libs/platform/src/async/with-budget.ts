/**
 * As `withTimeout`, for an answer of another process: one that arrived while this one was busy counts, it is read before the promise is
 * given up.
 */
export async function withBudget<T>(answer: Promise<T>, ms: number, onTimeout: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(onTimeout())), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
