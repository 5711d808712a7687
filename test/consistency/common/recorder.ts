import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Entry } from './history.ts';

/** Writes the history of a run: one line of JSON per entry. */
export class Recorder {
  private readonly file;

  constructor(path: string) {
    this.file = createWriteStream(path);
  }

  record(entry: Entry): void {
    this.file.write(`${JSON.stringify(entry)}\n`);
  }

  async close(): Promise<void> {
    this.file.end();
    await once(this.file, 'close');
  }
}
