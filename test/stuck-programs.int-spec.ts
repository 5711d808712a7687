import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { waitUntil } from '#platform';
import { answersAt, GREETINGS } from '../tools/backing-services/answers.ts';
import { Supervisor } from '../tools/launcher/supervisor.ts';
import { freePorts } from '../tools/shared/free-ports.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-stuck-'));
/** Answers all input. */
const PROGRAM = `require('node:net').createServer((s) => s.on('data', () => s.write('+PONG'))).listen(+process.argv[1], '127.0.0.1')`;
let port = 0;
let lines: string[] = [];

beforeAll(async () => {
  [port = 0] = await freePorts(1);
});
beforeEach(() => {
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function supervised(silenceMs: number, use: (supervisor: Supervisor) => Promise<void>): Promise<void> {
  const supervisor = new Supervisor(silenceMs);
  const answers = answersAt(port, GREETINGS.redis);
  const program = { name: 'echo', log: join(dir, 'echo.log'), answers };
  const command = [process.execPath, '-e', PROGRAM, String(port)];
  const ready = async () => {
    if (!(await answers(1_000))) throw new Error('no answer');
  };
  try {
    await supervisor.start({ ...program, command }, ready);
    await use(supervisor);
  } finally {
    supervisor.kill();
    await supervisor.stop();
  }
}

test('a running program that does not answer is killed and restarted', () =>
  supervised(300, async (supervisor) => {
    const stuck = supervisor.pids.get('echo');
    supervisor.signal('echo', 'SIGSTOP');
    await waitUntil(() => ![undefined, stuck].includes(supervisor.pids.get('echo')));
    await waitUntil(() => answersAt(port, GREETINGS.redis)(1_000));
    expect(lines.join('\n')).toMatch(
      /echo +is running, but has not answered for 0\.\d s: killing it\n.*echo +ended \(killed by SIGKILL\); restarting/,
    );
  }));

test('without a limit it is not killed', () =>
  supervised(0, async (supervisor) => {
    const first = supervisor.pids.get('echo');
    supervisor.signal('echo', 'SIGSTOP');
    expect(await answersAt(port, GREETINGS.redis)(1_000)).toBe(false);
    supervisor.signal('echo', 'SIGCONT');
    await waitUntil(() => answersAt(port, GREETINGS.redis)(1_000));
    expect(supervisor.pids.get('echo')).toBe(first);
  }));

test.each([
  ['EVENTSTORE_URL', GREETINGS.http2],
  ['KAFKA_BROKERS', GREETINGS.kafka],
  ['REDIS_URL', GREETINGS.redis],
  ['DATABASE_URL', GREETINGS.postgres],
])('the server of %s answers its greeting', async (variable, greeting) => {
  const [, at] = /:(\d+)(\/\w*)?(\?.*)?$/.exec(process.env[variable] ?? '') ?? [];
  expect(await answersAt(Number(at), greeting)(10_000)).toBe(true);
});

test.each(Object.entries(GREETINGS))(
  'an open port that says nothing to %s is no answer',
  async (_, greeting) => {
    const silent = await new Promise<Server>((resolve) => {
      const server: Server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    });
    try {
      expect(await answersAt((silent.address() as AddressInfo).port, greeting)(100)).toBe(false);
    } finally {
      silent.close();
    }
  },
);
