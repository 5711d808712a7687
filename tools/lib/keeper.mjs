import { spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { lastLines } from './run.mjs';

const BIG_LOG = 20 * 1024 * 1024;
const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 30_000;
const STEADY_MS = 60_000;

/** Linux can signal a child when its parent dies: that covers a guard that is killed itself. */
const parentSignal =
  process.platform === 'linux' &&
  /pdeathsig/.test(spawnSync('setpriv', ['--help'], { encoding: 'utf8' }).stdout ?? '');

/** The words before a command that let it get `signal` when its parent dies (where that is possible). */
export function dyingWithParent(signal) {
  return parentSignal ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), '--'] : [];
}

/**
 * Keeps one program running: starts it, writes its output to its log, reports when it ends, starts it again with a
 * growing pause once `restarts` is set, and stops it with the signal that it understands.
 */
export class Keeper {
  restarts = false;
  #child;
  #exited = Promise.resolve();
  #stopping = false;
  #backOff = FIRST_BACK_OFF_MS;
  #timer;
  #tell;

  constructor(spec, tell) {
    this.spec = spec;
    this.#tell = tell;
  }

  start() {
    const { name, cwd, env, uid, gid, log, signal = 'SIGTERM', prefix = [] } = this.spec;
    const output = openLog(log);
    const from = fstatSync(output).size;
    const [command, ...args] = [...prefix, ...dyingWithParent(signal), this.spec.command, ...this.spec.args];
    const begun = Date.now();
    const child = spawn(command, args, { cwd, env, uid, gid, stdio: ['ignore', output, output] });
    closeSync(output);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      let ended = false;
      const end = (code, killed, error) => {
        if (ended) return;
        ended = true;
        this.#child = undefined;
        resolve();
        this.#ended({ code, killed, error, tail: tail(log, from), lived: Date.now() - begun });
      };
      child.once('exit', (code, killed) => end(code, killed));
      child.once('error', (error) => end(127, null, error.message));
    });
    if (child.pid) this.#tell({ event: 'started', name, pid: child.pid });
  }

  #ended({ code, killed, error, tail, lived }) {
    if (this.#stopping) return;
    const { name } = this.spec;
    if (lived > STEADY_MS) this.#backOff = FIRST_BACK_OFF_MS;
    const againMs = this.restarts ? this.#backOff : undefined;
    this.#tell({ event: 'ended', name, code, killed, error, tail, againMs });
    if (againMs === undefined) return;
    this.#backOff = Math.min(this.#backOff * 2, LONGEST_BACK_OFF_MS);
    this.#timer = setTimeout(() => this.start(), againMs);
  }

  signal(signal) {
    this.#child?.kill(signal);
  }

  async stop() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const { signal = 'SIGTERM', graceMs = 15_000 } = this.spec;
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }
}

function openLog(path) {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > BIG_LOG) renameSync(path, `${path}.1`);
  return openSync(path, 'a');
}

/** What the program said at last since it began. */
function tail(path, from) {
  try {
    return lastLines(readFileSync(path).subarray(from).subarray(-8000).toString());
  } catch {
    return '';
  }
}
