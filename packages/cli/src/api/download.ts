import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes a body to a new file that only this user can read, under a temporary name until it is complete. */
export async function download(body: AsyncIterable<Uint8Array>, file: string): Promise<Downloaded> {
  const unfinished = `${file}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of body) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    await pipeline(counted, createWriteStream(unfinished, { mode: 0o600 }));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}
