import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createLogger, nestLogger } from './logger.ts';
import type { LogLevel } from '../config/config.ts';

const root = join(import.meta.dirname, '../../../..');

function memoryLog(level: LogLevel = 'trace') {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  };
  return { lines, logger: createLogger('api', level, { write }) };
}

describe('log', () => {
  test('a line contains the app, the level by name and the time', () => {
    const { lines, logger } = memoryLog();
    logger.info({ session_id: 's-1' }, 'appended');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        app: 'api',
        pid: process.pid,
        session_id: 's-1',
        msg: 'appended',
      },
    ]);
  });

  test('personal data is never shown, however deep it is nested', () => {
    const { lines, logger } = memoryLog();
    const turn = {
      message_text: 'my secret',
      response_text: 'my secret',
      extracted_entities: { account: 'my secret' },
      name: 'my secret',
      device: { model: 'my secret' },
      authorization: 'my secret',
    };
    logger.info(turn);
    logger.info({ body: turn });
    logger.info({ request: { body: turn, headers: turn } });
    logger.info({ batch: { events: [turn, turn] } });
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain('my secret');
    expect(lines[0]).toMatchObject({ message_text: '[redacted]', app: 'api' });
  });

  test('an error shows its text, place and cause, not the values that a driver put in it', () => {
    const { lines, logger } = memoryLog();
    const cause = Object.assign(new Error('no such row'), {
      code: '23503',
      detail: 'Key (name)=(my secret)',
    });
    logger.error({ err: new TypeError('cannot write', { cause }) }, 'failed');
    expect(lines[0]).toMatchObject({
      err: { type: 'TypeError', message: 'cannot write', cause: { message: 'no such row', code: '23503' } },
    });
    expect(JSON.stringify(lines)).not.toContain('my secret');
  });

  test("includes Nest's lines, its start-up messages at debug", () => {
    const { lines, logger } = memoryLog();
    const nest = nestLogger(logger);
    nest.log('Mapped {/v1, GET} route', 'RouterExplorer');
    nest.warn('careful', 'Module');
    nest.error(new Error('broken'), 'stack', 'ExceptionsHandler');
    expect(lines).toMatchObject([
      { level: 'debug', context: 'RouterExplorer', msg: 'Mapped {/v1, GET} route' },
      { level: 'warn', context: 'Module', msg: 'careful' },
      { level: 'error', context: 'ExceptionsHandler', msg: 'broken', err: { type: 'Error' } },
    ]);
  });
});

test('a process ends when the reader of its log is gone', async () => {
  const program = `
    import { createLogger } from '#platform';
    const logger = createLogger('test');
    logger.info('first');
    process.stdin.once('data', () => { logger.info('second'); process.exit(3); });`;
  const args = ['--import', './tools/register.mjs', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.write('end\n');
  expect(await exit).toEqual([3, null]);
});
