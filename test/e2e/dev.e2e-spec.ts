import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { freePortsInARow } from '../../tools/shared/free-ports.ts';

const root = join(import.meta.dirname, '../..');
/** A generous limit, for slow machines. */
const timeoutMs = 240_000;
const copied = ['apps', 'declarations', 'libs', 'migrations', 'packages', 'tools'];
const files = ['package.json', 'package-lock.json', 'nest-cli.json', 'rspack.config.mjs', '.swcrc'];
const configs = ['tsconfig.json', 'tsconfig.base.json'];
const running: { end: () => Promise<void> }[] = [];
const copy = mkdtempSync(join(tmpdir(), 'turnstream-dev-'));

beforeAll(() => {
  for (const name of [...copied, ...files, ...configs])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(async () => {
  await Promise.all(running.map(({ end }) => end()));
  rmSync(copy, { recursive: true, force: true });
});

/** Runs a program in the copy of the project until `end`; `seen` waits for a text in its output. */
function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new AbortController();
  const closed = once(child, 'close').then(() => ended.abort(new Error(`The program ended: ${output}`)));
  const program = {
    seen: (text: string, times = 1): Promise<void> =>
      waitUntil(() => output.split(text).length > times, {
        what: `"${text}"`,
        timeoutMs,
        signal: ended.signal,
      }),
    end: async (): Promise<void> => {
      child.kill('SIGTERM');
      await closed;
    },
  };
  running.push(program);
  return program;
}

/** Waits until each of these apps is ready. */
async function ready(...ports: number[]): Promise<void> {
  for (const port of ports) {
    const isReady = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;
    await waitUntil(isReady, { what: `port ${port} to be ready`, timeoutMs, everyMs: 100 });
  }
}

test('nest start --watch restarts the api after an edit in libs/domain', async () => {
  const port = await freePortsInARow(3);
  const nest = ['node_modules/@nestjs/cli/bin/nest.js', 'start', 'api', '--watch', '--no-shell'];
  const api = run([...nest, '--exec', process.execPath], { PORT: String(port) });
  await ready(port);
  appendFileSync(join(copy, 'libs/domain/src/index.ts'), "\nconsole.log('the domain was edited');\n");
  await api.seen('the domain was edited');
  await expect(ready(port)).resolves.toBeUndefined();
  await api.end();
});

test('npm run dev restarts the three apps after an edit in libs/platform', async () => {
  const port = await freePortsInARow(3);
  const dev = run(['tools/bootstrap.mjs', 'tools/launcher/start.ts', '--watch'], {
    PORT: String(port),
    TURNSTREAM_DATA: join(copy, '.data'),
  });
  await dev.seen('Ctrl-C stops it');
  appendFileSync(join(copy, 'libs/platform/src/index.ts'), "\nconsole.log('the platform was edited');\n");
  await dev.seen('the platform was edited', 3);
  await expect(ready(port, port + 1, port + 2)).resolves.toBeUndefined();
  await dev.end();
});
