import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';

interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
  /** Milliseconds from the spawn until the server listens. */
  readonly startMs: number;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** The built program, even for a caller that runs from source. */
const PROGRAM = join(import.meta.dirname, '../../dist/main.js');
/** Runs from source: it needs this process's `--import` of the compiler. */
const BARE_SERVER = join(import.meta.dirname, 'bare-server.ts');

/** Starts the event store on `dir` in a separate process. */
export const spawnEventStore = (
  dir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => spawnServer([PROGRAM, '--port', '0', '--data', dir, '--mode', 'insecure'], env);

/** Runs `use` with an event store on `dir`, and always ends it. */
export const withEventStore = async <T>(
  dir: string,
  use: (server: ServerProcess) => Promise<T>,
  env?: Readonly<Record<string, string>>,
): Promise<T> => {
  const server = await spawnEventStore(dir, env);
  try {
    return await use(server);
  } finally {
    await server.kill('SIGKILL');
  }
};

/** Runs a command of the event store to completion. */
export const runCommand = (...args: readonly string[]): { code: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
  });
  return { code: status, output: `${stdout}${stderr}` };
};

/** Starts the server that stores nothing and reads `count` events of `size` bytes from memory. */
export const spawnBareServer = (count: number, size: number): Promise<ServerProcess> =>
  spawnServer([...process.execArgv, BARE_SERVER, String(count), String(size)]);

const spawnServer = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> => {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const port = await listeningPort(child);
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  const url = `esdb://127.0.0.1:${port}?tls=false`;
  return { child, port, url, startMs: performance.now() - started, kill };
};

const listeningPort = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const [, port] = /listening on port (\d+)/.exec(output) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code} before it listened`)));
  });

/** Runs `use` with a client of the server, and disposes of it. */
export const withClient = async <T>(
  url: string,
  use: (client: EventStoreDBClient) => Promise<T>,
): Promise<T> => {
  const client = EventStoreDBClient.connectionString(url);
  try {
    return await use(client);
  } finally {
    await client.dispose();
  }
};
