import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TurnstreamError } from '@turnstream/sdk';
import { exitCodes, Failure } from '../failure.ts';
import type { Call } from './call.ts';

export interface ExpectedFile {
  readonly bytes: number;
  /** Hexadecimal digits. */
  readonly sha256: string;
}

/** Pause before a download that was cut goes on, in milliseconds. */
const pauseMs = 500;
/** How often in a row it may be cut without a byte more. */
const patience = 10;

/**
 * Downloads a file whose size and SHA-256 are known. What an earlier run has of it stays: a whole file is only checked, half
 * of one goes on where it ended.
 * @throws Failure when it is another one than expected
 */
export async function resumedDownload(
  call: Call,
  path: string,
  file: string,
  expected: ExpectedFile,
): Promise<void> {
  if ((await sizeOf(file)) === expected.bytes && (await sha256Of(file)) === expected.sha256) return;
  const unfinished = `${file}.part`;
  for (let failures = 0, size = await sizeOf(unfinished); size !== expected.bytes;) {
    if (failures === patience)
      throw new Failure(`${path} breaks off again and again.`, exitCodes.unreachable);
    if (failures > 0) await sleep(pauseMs, undefined, { signal: call.terminal.signal });
    await fetchRest(call, path, unfinished, size > expected.bytes ? 0 : size);
    const grown = await sizeOf(unfinished);
    failures = grown > size ? 0 : failures + 1;
    size = grown;
  }
  if ((await sha256Of(unfinished)) !== expected.sha256) {
    await rm(unfinished);
    throw new Failure(`${file} is not what the export says: its SHA-256 differs. Nothing of it was kept.`);
  }
  await rename(unfinished, file);
}

/** Appends what is there behind `from`; a connection that breaks off is no error here. */
async function fetchRest({ api, terminal }: Call, path: string, file: string, from: number): Promise<void> {
  const { signal } = terminal;
  const range = from > 0 ? { headers: { range: `bytes=${from}-` } } : {};
  const { body, headers: answered } = await api.stream(path, { ...range, signal });
  const flags = answered['content-range'] === undefined ? 'w' : 'a';
  try {
    await pipeline(body, createWriteStream(file, { flags, mode: 0o600 }));
  } catch (error) {
    if (signal.aborted || error instanceof TurnstreamError || isOfDisk(error)) throw error;
  }
}

/** A disk that is full, a folder that may not be written: not the connection's. */
function isOfDisk(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT', 'EACCES', 'EISDIR', 'ENOENT', 'EROFS', 'EIO'].includes(code ?? '');
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
