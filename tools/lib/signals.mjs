import { Failure } from './fail.mjs';

/**
 * Aborts when this command shall end: Ctrl-C, a signal, or the death of the npm (or older Node) that runs it.
 * `onAgain` is called when somebody asks once more.
 */
export function endOfCommand(onAgain = () => {}) {
  const end = new AbortController();
  const ask = (why) => {
    if (end.signal.aborted) onAgain();
    else end.abort(new Failure(`Stopped by ${why}.`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => ask(signal));
  if (process.env.TURNSTREAM_PARENT || process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      ask('the end of its parent process');
    }, 500);
    watch.unref();
  }
  return end.signal;
}

/** Settles like the promise, but rejects at once when the signal aborts. */
export function until(signal, promise) {
  const aborted = new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}
