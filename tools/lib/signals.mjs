import { spawnSync } from 'node:child_process';
import { Failure } from './fail.mjs';
import { alive } from './lock.mjs';

const SECOND_THOUGHT_MS = 1000;

/**
 * Aborts when this command shall end: Ctrl-C, a signal, or the death of the npm (or older Node) that runs it.
 * `onAgain` is called for one more Ctrl-C later (npm may pass the first one on a second time).
 */
export function endOfCommand(onAgain = () => {}) {
  const end = new AbortController();
  let asked = Infinity;
  const ask = (why) => {
    if (end.signal.aborted && why === 'SIGINT' && Date.now() - asked > SECOND_THOUGHT_MS) onAgain();
    asked = Math.min(asked, Date.now());
    end.abort(new Failure(`Stopped by ${why}.`));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => ask(signal));
  whenOrphaned(() => ask('the end of its parent process'));
  return end.signal;
}

/** Calls back once when a process has died that this command must not outlive. */
export function whenOrphaned(callback) {
  const parents = parentsOfCommand();
  const watch = setInterval(() => {
    if (parents.every(alive)) return;
    clearInterval(watch);
    callback();
  }, 500);
  watch.unref();
}

/** Settles like the promise, but rejects at once when the signal aborts. */
export function until(signal, promise) {
  const aborted = new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([promise, aborted]);
}

/** The processes that this command must not outlive: an older Node that runs it again, npm, and npm's shell. */
function parentsOfCommand() {
  if (process.env.TURNSTREAM_PARENT) return [process.ppid];
  if (!process.env.npm_lifecycle_event) return [];
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], { encoding: 'utf8' });
  const [, above, command] = /(\d+)\s+(\S+)/.exec(stdout ?? '') ?? [];
  return command && /^(sh|dash|bash|ash|busybox)$/.test(command)
    ? [process.ppid, Number(above)]
    : [process.ppid];
}
