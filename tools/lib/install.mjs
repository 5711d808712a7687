import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertRoom } from './disk.mjs';
import { Failure } from './fail.mjs';
import { withLock } from './lock.mjs';
import { cacheDir, folder, root } from './paths.mjs';
import { begun, step } from './progress.mjs';
import { lastLines, run } from './run.mjs';
import { whenOrphaned } from './signals.mjs';

const WANTED = 24;
const NEEDED_MIB = 1536;
const node24 = join(root, 'node_modules/.bin/node');
const major = () => Number(process.versions.node.split('.')[0]);

/**
 * Makes sure that the npm packages are installed and that this process runs on the Node they bring.
 * Returns false when the command went on in another process: the caller then has nothing left to do.
 */
export async function prepared() {
  checkNode();
  if (!isInstalled()) await withLock(join(folder(cacheDir), 'install.lock'), install);
  if (major() >= WANTED) return true;
  if (!existsSync(node24))
    throw new Failure(`${node24} is missing: delete node_modules and run the command again.`);
  process.exitCode = await again();
  return false;
}

function checkNode() {
  const [big = 0, small = 0] = process.versions.node.split('.').map(Number);
  if (big < 20 || (big === 20 && small < 19)) {
    throw new Failure(`Node ${process.versions.node} is too old: install Node 20.19 or newer (nodejs.org).`);
  }
}

/** True when every package of the lock file is there in its version (packages of other platforms aside). */
export function isInstalled() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, entry]) => {
      if (!path.includes('node_modules/') || entry.link) return true;
      return there[path] ? there[path].version === entry.version : Boolean(entry.optional || entry.peer);
    });
  } catch {
    return false;
  }
}

async function install() {
  if (isInstalled()) return;
  assertRoom(root, NEEDED_MIB);
  const log = join(folder(cacheDir), 'npm-ci.log');
  rmSync(log, { force: true });
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { code, output } = await step('npm packages', 'installing (npm ci)', () =>
    run(command, [...args, 'ci', '--no-audit', '--no-fund'], { cwd: root, log }),
  );
  if (code === 0) return;
  if (/ENOSPC/.test(output)) throw new Failure('The disk is full: free 2 GB, then run the command again.');
  throw new Failure(`npm ci failed: ${lastLines(output)}. Check the network; the whole log is in ${log}.`);
}

/** Runs this command again on the newer Node and passes on the signals and the exit code. */
function again() {
  const child = spawn(node24, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, TURNSTREAM_PARENT: String(process.pid), TURNSTREAM_BEGUN: String(begun) },
  });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  whenOrphaned(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
