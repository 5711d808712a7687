import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../failure.ts';
import type { Call } from './call.ts';

interface ExpectedFile {
  readonly bytes: number;
  /** Hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Downloads a file of an export whose size and SHA-256 are known. Continues an earlier run: a complete file is only
 * verified, a partial one is continued.
 * @throws Failure when the content differs from what is expected
 */
export async function resumedDownload(
  { api, terminal: { signal } }: Call,
  exportId: string,
  name: string,
  file: string,
  expected: ExpectedFile,
): Promise<void> {
  if ((await sizeOf(file)) === expected.bytes && (await sha256Of(file)) === expected.sha256) return;
  const unfinished = `${file}.part`;
  const size = await sizeOf(unfinished);
  if (size === 0 || size !== expected.bytes) {
    const from = size > expected.bytes ? 0 : size;
    const options = { flags: from === 0 ? 'w' : 'a', mode: 0o600 };
    await pipeline(api.exportFile(exportId, name, { from, signal }), createWriteStream(unfinished, options));
  }
  if ((await sha256Of(unfinished)) !== expected.sha256) {
    await rm(unfinished);
    throw new Failure(`${file} does not match the export: its SHA-256 differs. The download was deleted.`);
  }
  await rename(unfinished, file);
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
