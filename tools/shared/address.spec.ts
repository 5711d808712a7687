import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addressOf, directDatabase, directDatabaseOf, unreachable } from './address.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnstream-address-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes the launcher's run file of a running system. */
function writeRunFile(pid: number): void {
  const services = { KAFKA_BROKERS: '127.0.0.1:19092' };
  const state = { pid, api: 'http://127.0.0.1:4000', services };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(state));
}

const env = (): NodeJS.ProcessEnv => ({ TURNSTREAM_DATA: folder });

describe('an address', () => {
  test('is the usual one when nothing else is known', () => {
    expect(addressOf('KAFKA_BROKERS', env())).toBe('127.0.0.1:9092');
  });

  test('has the port of the port variable', () => {
    expect(addressOf('KAFKA_BROKERS', { ...env(), KAFKA_PORT: '29092' })).toBe('127.0.0.1:29092');
  });

  test('is that of the running system before the port variable', () => {
    writeRunFile(process.pid);
    expect(addressOf('KAFKA_BROKERS', { ...env(), KAFKA_PORT: '29092' })).toBe('127.0.0.1:19092');
    expect(addressOf('TURNSTREAM_URL', env())).toBe('http://127.0.0.1:4000');
  });

  test('is that of its own variable before all others', () => {
    writeRunFile(process.pid);
    expect(addressOf('KAFKA_BROKERS', { ...env(), KAFKA_BROKERS: 'kafka:1' })).toBe('kafka:1');
  });
});

describe('the database without a pooler', () => {
  const pooled = 'postgresql://pooler:6432/turnstream?pooling=transaction';

  test('is that of its own variable', () => {
    const direct = 'postgresql://postgres:5432/turnstream';
    expect(directDatabase({ ...env(), DATABASE_URL: pooled, DATABASE_DIRECT_URL: direct })).toBe(direct);
    expect(directDatabase({ ...env(), DATABASE_URL: direct })).toBe(direct);
  });

  test('is required if a transaction pooler is named', () => {
    expect(() => directDatabase({ ...env(), DATABASE_URL: pooled })).toThrow('Set DATABASE_DIRECT_URL');
  });

  test('of a system is that of the variable only where the variables name its database', () => {
    const shell = { ...env(), DATABASE_DIRECT_URL: 'postgresql://other:5432/turnstream' };
    const own = 'postgresql://127.0.0.1:5432/turnstream';
    expect(directDatabaseOf({ DATABASE_URL: own }, shell)).toBe(own);
    expect(directDatabaseOf({ DATABASE_URL: pooled }, { ...shell, DATABASE_URL: pooled })).toBe(
      shell.DATABASE_DIRECT_URL,
    );
  });
});

describe('the message when nothing answers', () => {
  test('says that a system runs', () => {
    writeRunFile(process.pid);
    const { message } = unreachable('KAFKA_BROKERS', undefined, env());
    expect(message).toMatch(/19092\. The system that npm start runs/);
  });

  test('says that none runs, and hides the password', () => {
    writeRunFile(2 ** 30);
    const error = new Error('refused');
    expect(unreachable('DATABASE_URL', error, env()).message).toBe(
      'PostgreSQL does not answer at postgres://turnstream:***@127.0.0.1:5432/turnstream (refused). ' +
        'No system runs here: npm start, or set DATABASE_URL.',
    );
  });
});
