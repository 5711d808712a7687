import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dockerIsChosen, recordChoice } from './docker.ts';

const { PATH, TURNSTREAM_BACKING_SERVICES } = process.env;
let dir: string;
let data: string;

/** A docker that answers, or fails. */
function docker(code: number): void {
  const file = join(dir, 'docker');
  writeFileSync(file, `#!/bin/sh\nexit ${code}\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'turnstream-docker-'));
  data = join(dir, 'data');
  mkdirSync(data);
  process.env['PATH'] = `${dir}:${PATH}`;
  delete process.env['TURNSTREAM_BACKING_SERVICES'];
  docker(0);
});

afterEach(() => {
  rmSync(dir, { recursive: true });
  Object.assign(process.env, { PATH });
  if (TURNSTREAM_BACKING_SERVICES) Object.assign(process.env, { TURNSTREAM_BACKING_SERVICES });
});

describe('without TURNSTREAM_BACKING_SERVICES', () => {
  test('a new data folder uses Docker when it answers', async () => {
    expect(await dockerIsChosen(data)).toBe(true);
    docker(1);
    expect(await dockerIsChosen(data)).toBe(false);
  });

  test('a data folder begun natively stays native when Docker answers', async () => {
    recordChoice(data, false);
    expect(await dockerIsChosen(data)).toBe(false);
  });

  test('a native data folder of an earlier version stays native', async () => {
    mkdirSync(join(data, 'postgres'));
    expect(await dockerIsChosen(data)).toBe(false);
  });

  test('a data folder begun with Docker does not begin anew natively when Docker does not answer', async () => {
    recordChoice(data, true);
    docker(1);
    await expect(dockerIsChosen(data)).rejects.toThrow('start Docker');
  });
});

test('TURNSTREAM_BACKING_SERVICES decides before the data folder', async () => {
  recordChoice(data, false);
  process.env['TURNSTREAM_BACKING_SERVICES'] = 'docker';
  expect(await dockerIsChosen(data)).toBe(true);
  // The folder keeps its kind.
  recordChoice(data, true);
  delete process.env['TURNSTREAM_BACKING_SERVICES'];
  expect(await dockerIsChosen(data)).toBe(false);
});
