import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const running = new Set();
let stopped = false;

/** Kills every program that `run` still waits for, with its children, and starts no more. */
export function stopRunning() {
  stopped = true;
  for (const child of running) killGroup(child);
}

/** Programs may be started again: another system follows in the same process. */
export function allowRunning() {
  stopped = false;
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/**
 * Runs a program to its end and collects what it prints; never rejects on a bad exit.
 * @param {string} command
 * @param {string[]} args
 * @param {{ log?: string, timeoutMs?: number, cwd?: string, env?: NodeJS.ProcessEnv, uid?: number, gid?: number }} [options]
 * @returns {Promise<{ code: number, output: string, missing: boolean }>} missing: there is no such program
 */
export function run(command, args, options = {}) {
  if (stopped) return Promise.resolve({ code: 130, output: 'stopped', missing: false });
  return new Promise((resolve) => {
    const { log, timeoutMs, ...spawnOptions } = options;
    const child = spawn(command, args, {
      ...spawnOptions,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    const take = (chunk) => {
      output += chunk;
      if (log) appendFileSync(log, chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const timer = timeoutMs ? setTimeout(killGroup, timeoutMs, child) : undefined;
    const end = (code, missing) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, missing });
    };
    child.on('error', (error) => end(127, 'code' in error && error.code === 'ENOENT'));
    child.on('close', (code) => end(code ?? 1, false));
  });
}

/** The last lines of a program's output that say something (no stack traces), in one line. */
export function lastLines(output, count = 2) {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^at |^\.\.\. \d+ more|^Node\.js v|^[{}]$/.test(line))
    .slice(-count)
    .join(' | ')
    .slice(0, 400);
}
