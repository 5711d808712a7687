import { randomInt } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from './report.ts';

const limits = { firstStartS: 180, laterStartS: 20, testS: 360 } as const;

const portNames = ['EVENTSTORE_PORT', 'KAFKA_PORT', 'REDIS_PORT', 'DATABASE_PORT'];
/** api, projector and bridge stand side by side from PORT on. */
const appPorts = 3;

/** Clones the project into an empty folder, with empty caches, and times `npm start`, again, and `npm test`. */
export async function proveFreshClone(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-clone-'));
  chmodSync(folder, 0o755);
  const clone = join(folder, 'turnstream');
  try {
    execFileSync('git', ['clone', '--quiet', process.cwd(), clone]);
    const env = await freshEnvironment(folder);
    const first = await timeStart(clone, env);
    report.figure(
      'first npm start to ready, in s',
      first.toFixed(1),
      `< ${limits.firstStartS}`,
      first < limits.firstStartS,
    );
    const later = await timeStart(clone, env);
    report.figure(
      'later npm start to ready, in s',
      later.toFixed(1),
      `< ${limits.laterStartS}`,
      later < limits.laterStartS,
    );
    const { code, seconds } = await timeTests(clone, env);
    report.equal('exit code of npm test', code, 0);
    report.figure('npm test, in s', seconds.toFixed(0), `< ${limits.testS}`, seconds < limits.testS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No caches, ports that nobody uses, and none of the variables that npm or a started system set. */
async function freshEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const first = await freePorts(portNames.length + appPorts);
  const own = /^(npm_|TURNSTREAM_|EVENTSTORE_|KAFKA_|REDIS_|DATABASE_|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(
    ([name]) => !own.test(name) || /^npm_config_registry$/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(portNames.map((name, index) => [name, String(first + index)])),
    PORT: String(first + portNames.length),
    npm_config_cache: join(folder, 'npm'),
    PIP_NO_CACHE_DIR: '1',
    MAVEN_ARGS: `-Dmaven.repo.local=${join(folder, 'm2')}`,
  };
}

/** Runs `npm start` until it says that it is ready, then `npm stop`. @returns seconds until ready */
async function timeStart(cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const begun = performance.now();
  const child = spawn('npm', ['start'], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let seconds = NaN;
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (!Number.isNaN(seconds) || !output.includes('is ready after')) return;
    seconds = (performance.now() - begun) / 1_000;
    spawn('npm', ['stop'], { cwd, env, stdio: 'ignore' });
  });
  await once(child, 'close');
  if (Number.isNaN(seconds)) throw new Error(`npm start did not become ready:\n${output.slice(-2_000)}`);
  return seconds;
}

async function timeTests(cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number; seconds: number }> {
  const begun = performance.now();
  const child = spawn('npm', ['test'], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, seconds: (performance.now() - begun) / 1_000 };
}

/** The first of `count` ports in a row that nobody uses, below those that the system hands out by itself. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = randomInt(20_000, 30_000);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map((port) => isFree(port)));
    if (free.every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const opened = once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.listen(port, '127.0.0.1');
  const free = await opened;
  server.close();
  return free;
}
