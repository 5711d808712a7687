/**
 * The first step of every program of `npm run`: installs the npm packages when they are missing, then runs the given
 * TypeScript program on Node 24. Built-ins only, for any Node from 20.19.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const begun = Date.now();
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer (nodejs.org).`);
if (!isInstalled()) install();
run(process.argv.slice(2));

function fail(message) {
  console.error(`\n✖ ${message}`);
  process.exit(1);
}

/** True when every package of the lock file is installed in its version (except packages of other platforms). */
function isInstalled() {
  try {
    const [wanted, found] = ['package-lock.json', 'node_modules/.package-lock.json'].map(
      (name) => JSON.parse(readFileSync(join(root, name), 'utf8')).packages,
    );
    return Object.entries(wanted).every(([path, { version, link, optional, peer }]) => {
      if (!path.includes('node_modules/') || link) return true;
      return found[path] ? found[path].version === version : Boolean(optional || peer);
    });
  } catch {
    return false;
  }
}

function install() {
  console.log('Installing the npm packages (npm ci) …');
  const [npm, ...words] = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const args = [...words, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(npm, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0)
    fail('npm ci failed: see its messages above, check network and disk, and run the command again.');
}

/** Runs the program in a new process group, which ends when this process, or the npm that started it, ends. */
function run(program) {
  const node = major >= 24 ? process.execPath : join(root, 'node_modules/.bin/node');
  const register = join(root, 'tools/register.mjs');
  const child = spawn(node, ['--no-warnings', '--conditions=source', '--import', register, ...program], {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TURNSTREAM_BEGUN: String(begun) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref();
  child.on('error', () => fail(`${node} is missing: delete node_modules and run the command again.`));
  child.on('exit', (code, killed) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, killed ? 'SIGTERM' : 'SIGKILL');
    } catch {
      // No process of its group is left.
    }
    process.exit(code ?? 1);
  });
}
