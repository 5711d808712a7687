import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addressOf, unreachable } from './address.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnstream-address-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function note(pid: number): void {
  const services = { KAFKA_BROKERS: '127.0.0.1:19092' };
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ pid, api: 'http://127.0.0.1:4000', services }));
}

test('a variable comes before the running system, that before the port variable, that before the usual port', () => {
  const env = { TURNSTREAM_DATA: folder, KAFKA_PORT: '29092' };
  expect(addressOf('KAFKA_BROKERS', { TURNSTREAM_DATA: folder })).toBe('127.0.0.1:9092');
  expect(addressOf('KAFKA_BROKERS', env)).toBe('127.0.0.1:29092');
  note(process.pid);
  expect(addressOf('KAFKA_BROKERS', env)).toBe('127.0.0.1:19092');
  expect(addressOf('TURNSTREAM_URL', env)).toBe('http://127.0.0.1:4000');
  expect(addressOf('KAFKA_BROKERS', { ...env, KAFKA_BROKERS: 'kafka:1' })).toBe('kafka:1');
});

test('the fault says whether a system runs, and shows no password', () => {
  const env = { TURNSTREAM_DATA: folder };
  note(process.pid);
  expect(unreachable('KAFKA_BROKERS', undefined, env).message).toMatch(
    /19092\. The system that npm start runs/,
  );
  note(2 ** 30);
  const { message } = unreachable('DATABASE_URL', new Error('refused'), env);
  expect(message).toBe(
    'PostgreSQL does not answer at postgres://turnstream:***@127.0.0.1:5432/turnstream (refused). ' +
      'No system runs here: npm start, or set DATABASE_URL.',
  );
});
