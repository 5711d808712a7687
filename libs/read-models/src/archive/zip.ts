import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { ArchiveFile } from './archive.ts';

/** Zips the files while the zip is read. An error of a file becomes an error of the stream. */
export function zipOf(files: readonly ArchiveFile[]): Readable {
  const zip = new ZipFile();
  // Its declared type is narrower than what it is.
  const output = zip.outputStream as Readable;
  let content: Readable | undefined;
  output.once('close', () => content?.destroy());
  for (const { name, read } of files)
    zip.addReadStreamLazy(name, (callback) => {
      content = Readable.from(read(), { objectMode: false, highWaterMark: 64 * 1_024 });
      content.on('error', (error) => output.destroy(error));
      callback(null, content);
    });
  zip.end();
  return output;
}
