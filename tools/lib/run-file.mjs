import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from './fail.mjs';
import { alive } from './lock.mjs';
import { runFile } from './paths.mjs';
import { run } from './run.mjs';

/**
 * What runs on this data folder: `{ pid, guard, api, engines }`, or undefined. A file left by processes that are gone counts
 * as nothing.
 */
export async function running() {
  let state;
  try {
    state = JSON.parse(readFileSync(runFile(), 'utf8'));
  } catch {
    return undefined;
  }
  const launcher = await isOurs(state.pid, 'start.mjs');
  const guard = await isOurs(state.guard, 'guard.mjs');
  return launcher || guard
    ? { ...state, pid: launcher ? state.pid : undefined, guard: guard ? state.guard : undefined }
    : undefined;
}

/** Takes the data folder for this process; fails when another one runs on it. */
export async function claim(api) {
  const other = await running();
  if (!other) release();
  try {
    writeFileSync(runFile(), JSON.stringify({ pid: process.pid, api }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new Failure(`Turnstream already runs (${other?.api ?? api}): npm stop ends it.`);
  }
}

/** Adds to the note: the guard's process, the engines' addresses. */
export function note(more) {
  const state = JSON.parse(readFileSync(runFile(), 'utf8'));
  writeFileSync(runFile(), JSON.stringify({ ...state, ...more }));
}

export const release = () => rmSync(runFile(), { force: true });

/** Process ids are used again: the command tells whether it is still the process that we mean. */
async function isOurs(pid, script) {
  if (!pid || !alive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(script);
  } catch {
    return (await run('ps', ['-o', 'args=', '-p', String(pid)])).output.includes(script);
  }
}
