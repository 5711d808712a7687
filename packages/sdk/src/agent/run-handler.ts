import { deferred } from '../client/deferred.ts';
import { timerMs } from '../client/timer.ts';

/** Given to `onError` when a handler runs longer than `handlerTimeoutMs`: its update is skipped. */
export class HandlerTimedOut extends Error {
  override readonly name = 'HandlerTimedOut';

  constructor(readonly limitMs: number) {
    super(`The handler did not finish within ${limitMs} ms.`);
  }
}

/** Calls a handler, and waits for it at most `limitMs` milliseconds. @throws its error, or HandlerTimedOut */
export async function runHandler(
  call: (signal: AbortSignal) => void | Promise<void>,
  limitMs: number,
): Promise<void> {
  const limit = new AbortController();
  const late = deferred<never>();
  const end = (): void => {
    const error = new HandlerTimedOut(limitMs);
    limit.abort(error);
    late.reject(error);
  };
  // A hanging handler does not keep the process of a closed agent alive.
  const timer = setTimeout(end, timerMs(limitMs)).unref();
  try {
    await Promise.race([call(limit.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
