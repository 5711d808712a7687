import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortsInARow } from '../../../tools/shared/free-ports.ts';

/** The maximum duration of a step of a fresh clone, in milliseconds. */
const timeout = 20 * 60_000;

const portNames = ['EVENTSTORE_PORT', 'KAFKA_PORT', 'REDIS_PORT', 'DATABASE_PORT'];
/** api, projector and bridge use consecutive ports from PORT on. */
const appPorts = 3;

interface FreshClone {
  /** Seconds from `npm start` to ready, with empty caches. */
  readonly firstStartS: number;
  /** The same for the second start. */
  readonly laterStartS: number;
  readonly testExitCode: number;
  readonly testS: number;
}

/**
 * Clones the project into an empty folder, with empty caches, and times `npm start`, a second `npm start`, and `npm
 * test`.
 */
export async function tryFreshClone(): Promise<FreshClone> {
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-clone-'));
  chmodSync(folder, 0o755);
  const clone = join(folder, 'turnstream');
  try {
    execFileSync('git', ['clone', '--quiet', process.cwd(), clone]);
    const env = await freshEnvironment(folder);
    const firstStartS = await timeStart(clone, env);
    const laterStartS = await timeStart(clone, env);
    const { code, seconds } = await timeTests(clone, env);
    return { firstStartS, laterStartS, testExitCode: code, testS: seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Empty caches, unused ports, and no variables of npm or of a started system. */
async function freshEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const first = await freePortsInARow(portNames.length + appPorts);
  const removed = /^(npm_|AUTH_|TURNSTREAM_|EVENTSTORE_|KAFKA_|REDIS_|DATABASE_|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(
    ([name]) => !removed.test(name) || /^npm_config_registry$/i.test(name),
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

/** Runs `npm start` until it prints that it is ready, then `npm stop`. @returns seconds until ready */
async function timeStart(cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const child = spawn('npm', ['start'], { cwd, env, timeout, stdio: ['ignore', 'pipe', 'inherit'] });
  let seconds = NaN;
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (!Number.isNaN(seconds) || !output.includes('is ready after')) return;
    seconds = (performance.now() - start) / 1_000;
    spawn('npm', ['stop'], { cwd, env, stdio: 'ignore' });
  });
  await once(child, 'close');
  if (Number.isNaN(seconds)) throw new Error(`npm start did not become ready:\n${output.slice(-2_000)}`);
  return seconds;
}

async function timeTests(cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number; seconds: number }> {
  const start = performance.now();
  const child = spawn('npm', ['test'], { cwd, env, timeout, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, seconds: (performance.now() - start) / 1_000 };
}
