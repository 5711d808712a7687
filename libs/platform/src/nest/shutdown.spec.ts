import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';

const compiling = ['--import', new URL('../../../../tools/register.mjs', import.meta.url).href];
const shutdown = new URL('shutdown.ts', import.meta.url).href;
const logging = new URL('../logging/logger.ts', import.meta.url).href;

/** Signals the process once it runs; resolves to its exit code and output. */
async function outcome(child: ChildProcessWithoutNullStreams, ...signals: NodeJS.Signals[]) {
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child.stdout, 'data');
  for (const signal of signals) child.kill(signal);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('shutdown', () => {
  const running: ChildProcessWithoutNullStreams[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  function start(stop: string, more = ''): ChildProcessWithoutNullStreams {
    const script = `
      import { createLogger } from '${logging}';
      import { onShutdown } from '${shutdown}';
      onShutdown(${stop}, { logger: createLogger('test'), graceMs: 300 });
      setInterval(() => undefined, 1000);
      console.log('started');
      ${more}`;
    const child = spawn(process.execPath, [...compiling, '--input-type=module', '-e', script]);
    running.push(child);
    return child;
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s, after the function', async (signal) => {
    const child = start(
      `async () => { await new Promise((go) => setTimeout(go, 20)); console.log('closed'); }`,
    );
    const { code, output } = await outcome(child, signal);
    expect(code).toBe(0);
    expect(output).toMatch(/stopping[^]*closed[^]*stopped/);
  });

  test('runs the function once, however many signals come', async () => {
    const child = start(
      `async () => { console.log('closing'); await new Promise((go) => setTimeout(go, 100)); }`,
    );
    const { code, output } = await outcome(child, 'SIGTERM', 'SIGINT', 'SIGTERM');
    expect(code).toBe(0);
    expect(output.split('closing')).toHaveLength(2);
  });

  test('does not wait longer than the grace period', async () => {
    const { code, output } = await outcome(start('() => new Promise(() => undefined)'), 'SIGTERM');
    expect([code, output]).toEqual([1, expect.stringContaining('did not stop in time')]);
  });

  test('reports that the function failed', async () => {
    const { code, output } = await outcome(start(`() => { throw new Error('cannot flush'); }`), 'SIGTERM');
    expect([code, output]).toEqual([1, expect.stringContaining('cannot flush')]);
  });

  test.each([
    ['rejection', `setTimeout(() => void Promise.reject(new Error('lost promise')), 20)`, 'lost promise'],
    ['exception', `setTimeout(() => { throw new Error('thrown late') }, 20)`, 'thrown late'],
  ])('an unhandled %s is logged and ends the process with 1', async (_, code, text) => {
    const result = await outcome(start('() => undefined', code));
    expect([result.code, result.output]).toEqual([1, expect.stringContaining(text)]);
    expect(result.output).toContain('"level":"fatal"');
  });
});
