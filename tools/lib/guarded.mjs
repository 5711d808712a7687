import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './fail.mjs';
import { alive } from './lock.mjs';
import { root } from './paths.mjs';
import { allowRunning, stopRunning } from './run.mjs';

/** The launcher's side of the guard (tools/guard.mjs). Emits `ended` when a program ends that should run. */
export class Guard extends EventEmitter {
  /** Process ids by name, of what runs just now. */
  pids = new Map();
  #specs = new Map();
  #child;
  #stopped = false;
  #stopping = new AbortController();

  static async open() {
    allowRunning();
    const guard = new Guard();
    guard.#child = fork(join(root, 'tools/guard.mjs'), {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    guard.#child.on('message', (message) => guard.#heard(message));
    guard.#child.on('exit', () => guard.#gone());
    await once(guard.#child, 'message');
    return guard;
  }

  get pid() {
    return this.#child.pid;
  }

  /**
   * Starts a program and waits until `ready` no longer throws; fails when the program ends first or takes too long.
   * @param spec what lib/keeper.mjs starts: name, title, command, args, log, …
   * @param {() => Promise<unknown>} ready
   */
  async up(spec, ready, timeoutMs = 60_000) {
    this.#specs.set(spec.name, spec);
    const ended = new AbortController();
    const listener = (end) => end.name === spec.name && ended.abort(new Failure(this.describe(end)));
    this.on('ended', listener);
    this.#order({ do: 'start', spec });
    try {
      await untilReady(ready, spec, timeoutMs, AbortSignal.any([ended.signal, this.#stopping.signal]));
    } finally {
      this.off('ended', listener);
    }
  }

  /** From now on what ends is started again. */
  keep() {
    this.#order({ do: 'keep' });
  }

  /** Deletes the path once everything has stopped. */
  remove(path) {
    this.#order({ do: 'remove', path });
  }

  signal(name, signal) {
    this.#order({ do: 'signal', name, signal });
  }

  /** Kills what still runs; for a second Ctrl-C. */
  hurry() {
    this.#order({ do: 'hurry' });
  }

  /** Stops the apps, then the engines, and waits for the last of them. */
  async stop() {
    this.#stopped = true;
    this.#stopping.abort(new Failure('Stopped.'));
    stopRunning();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#order({ do: 'stop' });
    await gone;
  }

  /** One line about a program that ended: why, and what to do. */
  describe({ name, code, killed, error, tail, againMs }) {
    const { title = name, log, remedy } = this.#specs.get(name) ?? {};
    const how = error ?? (killed ? `killed by ${killed}` : `exit code ${code}`);
    if (/No space left|ENOSPC/.test(tail)) {
      return `${title} ended because the disk is full: free some space. Log: ${log}`;
    }
    if (againMs !== undefined)
      return `${title} ended (${how}); starting it again in ${againMs / 1000} s. Log: ${log}`;
    return `${title} does not start (${how}): ${tail || 'it says nothing'}. ${remedy ?? ''} Log: ${log}`;
  }

  #order(order) {
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  #heard(message) {
    if (message.event === 'started') this.pids.set(message.name, message.pid);
    if (message.event === 'ended') this.pids.delete(message.name);
    if (message.event === 'started' || message.event === 'ended') this.emit(message.event, message);
  }

  /** The guard itself was killed: end its children from here. */
  #gone() {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const [name, pid] of this.pids) {
      if (alive(pid)) process.kill(pid, this.#specs.get(name)?.signal ?? 'SIGTERM');
    }
    this.emit('lost');
  }
}

async function untilReady(ready, { title, log }, timeoutMs, ended) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    ended.throwIfAborted();
    try {
      return await ready();
    } catch (error) {
      if (Date.now() > deadline) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Failure(`${title} is not ready after ${timeoutMs / 1000} s (${why}): see ${log}.`);
      }
    }
    await sleep(200, undefined, { signal: ended }).catch(() => {});
  }
}
