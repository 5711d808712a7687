import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { freePortsInARow } from '../../tools/shared/free-ports.ts';

const root = join(import.meta.dirname, '../..');
const SERVICE_VARIABLES = ['EVENTSTORE_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'DATABASE_URL'];
const PORT_VARIABLES = ['EVENTSTORE_PORT', 'KAFKA_PORT', 'REDIS_PORT', 'DATABASE_PORT'];

const data = mkdtempSync(join(tmpdir(), 'turnstream-launcher-'));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  TURNSTREAM_DATA: data,
  TURNSTREAM_BACKING_SERVICES: 'native',
};

function listen(port: number) {
  return new Promise<{ port: number; close: () => Promise<void> }>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const close = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

/** Runs a command of the launcher; `seen` waits for a text, `ended` for the exit. */
function command(script: string, extra: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const child = spawn(process.execPath, ['tools/bootstrap.mjs', `tools/launcher/${script}`, ...args], {
    cwd: root,
    env: { ...env, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const closed = new AbortController();
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => {
      closed.abort(new Error(`The command ended: ${output}`));
      resolve({ code, output });
    });
  });
  const seen = async (text: string) => {
    const isSeen = (): boolean => output.includes(text);
    await waitUntil(isSeen, { what: `"${text}"`, timeoutMs: 240_000, signal: closed.signal });
    return output;
  };
  return { child, ended, seen };
}

/** The header with the token that an interactive system keeps for curl. */
function authorization(): Record<string, string> {
  const [name = '', value = ''] = readFileSync(join(data, 'auth/header'), 'utf8').trim().split(': ');
  return { [name]: value };
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...authorization() };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

/** The launcher and all processes that it started. */
function processes(): number[] {
  const { pid } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as { pid: number };
  const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...rows.filter(([, parent]) => parent === pid).map(([id = 0]) => id)];
}

/** How many apps of the launcher run; a process that has not become the app yet does not count. */
function apps(): number {
  const { pid } = JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as { pid: number };
  const table = execFileSync('ps', ['-eww', '-o', 'ppid=,args='], { encoding: 'utf8' });
  const rows = table.split('\n').map((line) => /^\s*(\d+)\s+(.*)/.exec(line) ?? []);
  const isApp = /^\S+\/node .*\/dist\/apps\/\w+\/main\.js/;
  return rows.filter(([, parent, command = '']) => Number(parent) === pid && isApp.test(command)).length;
}

/** The running processes; zombies do not count. */
function living(pids: readonly number[]): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' });
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const running = new Set(rows.filter(([, state]) => !state?.startsWith('Z')).map(([pid]) => Number(pid)));
  return pids.filter((pid) => running.has(pid));
}

beforeAll(async () => {
  // As earlier versions created it; the start closes it to other users.
  chmodSync(data, 0o755);
  for (const name of SERVICE_VARIABLES) delete env[name];
  const ports = await Promise.all(PORT_VARIABLES.map(() => listen(0)));
  for (const [index, name] of PORT_VARIABLES.entries()) env[name] = String(ports[index]?.port);
  await Promise.all(ports.map(({ close }) => close()));
  env['PORT'] = String(await freePortsInARow(3));
});

afterAll(async () => {
  await command('stop.ts').ended;
  rmSync(data, { recursive: true, force: true });
});

describe('a fault is one line that says what to do', () => {
  test('a taken port', async () => {
    const other = await listen(0);
    const { code, output } = await command('start.ts', { REDIS_PORT: String(other.port) }).ended;
    await other.close();
    expect(code).toBe(1);
    expect(output).toMatch(
      new RegExp(`✖ Port ${other.port} \\(Valkey\\) is taken .*: stop that program, or set REDIS_PORT`),
    );
  });

  test.each([
    [{ REDIS_PORT: 'abc' }, /^\n✖ REDIS_PORT is 'abc': set it to a whole number from 1 to 65535\.\n$/],
    [
      { PORT: '2999', KAFKA_PORT: '3001' },
      /^\n✖ bridge \(PORT\) and Kafka \(KAFKA_PORT\) would both listen on port 3001: .*\n$/,
    ],
    [{ PORT: '65534' }, /^\n✖ PORT is too high/],
  ])('wrong ports: %j', async (ports, line) => {
    const { code, output } = await command('start.ts', ports).ended;
    expect(code).toBe(1);
    expect(output).toMatch(line);
  });

  test('a data folder that cannot be made', async () => {
    const { code, output } = await command('start.ts', { TURNSTREAM_DATA: '/proc/x' }).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^\n✖ Cannot use the folder \/proc\/x .*: set TURNSTREAM_DATA .*\n$/);
  });

  test('no Java', async () => {
    const { code, output } = await command('start.ts', { JAVA_HOME: '/nowhere' }).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/✖ Kafka needs Java 17 or newer .*: install a JRE 17.*--without kafka/);
  });

  test('a given service that does not answer', async () => {
    const free = await listen(0);
    await free.close();
    const { code, output } = await command('start.ts', { KAFKA_BROKERS: `127.0.0.1:${free.port}` }).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/✖ Kafka does not answer at KAFKA_BROKERS=.*: start it, or unset KAFKA_BROKERS/);
  });
});

test('a system starts, keeps its data over a stop and a kill, and leaves no process', async () => {
  // It builds the apps itself.
  const first = command('start.ts', { TURNSTREAM_BUILT: undefined });
  const output = await first.seen('Ctrl-C stops it');
  const curl = /^ {2}curl .*$/m.exec(output)?.[0] ?? '';
  const { session_id } = JSON.parse(execFileSync('sh', ['-c', curl], { encoding: 'utf8' })) as {
    session_id: string;
  };

  expect(output).toContain('postgres://turnstream:***@127.0.0.1');
  expect(statSync(join(data, 'run.json')).mode & 0o777).toBe(0o600);
  for (const name of ['private.json', 'header'])
    expect(statSync(join(data, 'auth', name)).mode & 0o777).toBe(0o600);
  expect((await fetch(`http://127.0.0.1:${env['PORT']}/v1/sessions`)).status).toBe(401);
  expect(execFileSync('find', [data, '-type', 'd', '-perm', '/077'], { encoding: 'utf8' })).toBe('');

  const twice = await command('start.ts').ended;
  expect(twice).toMatchObject({ code: 1, output: expect.stringMatching(/already runs.*npm stop/) });
  const reset = await command('reset.ts').ended;
  expect(reset).toMatchObject({ code: 1, output: expect.stringMatching(/npm stop first/) });

  const all = processes();
  expect(all).toHaveLength(8);
  expect((await command('stop.ts').ended).code).toBe(0);
  expect(living(all)).toEqual([]);
  expect((await first.ended).code).toBe(0);

  const second = command('start.ts', { JAVA_HOME: '/nowhere' }, '--without', 'kafka');
  expect(await second.seen('Ctrl-C stops it')).toMatch(/Kafka +off: .*inquiries answer 503/);
  const sessions = `http://127.0.0.1:${env['PORT']}/v1/sessions`;
  const answer = await fetch(`${sessions}/${session_id}/context`, { headers: authorization() });
  expect(await answer.json()).toMatchObject({ session_id, partner_id: 'P7689' });
  const idle = await post(sessions, { partner_id: 'P1', channel: 'ivr', expires_in_s: 1 });
  const isExpired = async () => {
    const details = await fetch(`${sessions}/${String(idle['session_id'])}`, { headers: authorization() });
    return ((await details.json()) as { status: string }).status === 'expired';
  };
  await waitUntil(isExpired, { what: 'a session to expire without Kafka', everyMs: 100 });

  const again = processes();
  second.child.kill('SIGKILL');
  await command('stop.ts').ended;
  expect(living(again)).toEqual([]);

  // All of its processes run; that the apps become ready was seen twice.
  const third = command('start.ts');
  await waitUntil(() => apps() === 3, { what: 'the apps to be started', timeoutMs: 240_000, everyMs: 250 });
  const [supervisor = 0, ...others] = processes();
  process.kill(supervisor, 'SIGKILL');
  expect((await third.ended).code).toBe(1);
  await waitUntil(() => living(others).length === 0, { everyMs: 100 });
  writeFileSync(join(data, 'own.txt'), 'not of Turnstream');
  expect((await command('reset.ts').ended).code).toBe(0);
  expect(readdirSync(data).filter((name) => name !== 'cache')).toEqual(['own.txt']);
});
