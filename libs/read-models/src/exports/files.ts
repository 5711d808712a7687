import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../tables/changes.ts';

const folderMode = 0o700;
const fileMode = 0o600;
/** The file that identifies the folder. */
const markName = 'folder-id';

/** The files of exports: one folder each, in a folder that all nodes share. */
export class ExportFiles {
  constructor(private readonly root: string) {}

  /** The id stored in the folder; undefined: none. */
  async mark(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.root, markName), 'utf8')).trim();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Writes an id into the folder unless it has one; returns the folder's id. */
  async makeMark(): Promise<string> {
    const id = randomUUID();
    await mkdir(this.root, { recursive: true, mode: folderMode });
    const draft = join(this.root, `${markName}-${id}`);
    await writeFile(draft, `${id}\n`, { mode: fileMode, flush: true });
    try {
      // Atomic, even if another process does the same.
      await link(draft, join(this.root, markName));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(draft);
    }
    return (await this.mark()) ?? id;
  }

  /** The path for a new file of an export; creates its folder. */
  async prepare(exportId: string, name: string): Promise<string> {
    const folder = this.folderOf(exportId);
    await mkdir(folder, { recursive: true, mode: folderMode });
    return join(folder, name);
  }

  /** Opens a recorded file of an export. */
  open(exportId: string, name: string): Promise<FileHandle> {
    return open(join(this.folderOf(exportId), name));
  }

  async write(exportId: string, name: string, text: string): Promise<void> {
    await writeFile(await this.prepare(exportId, name), text, { mode: fileMode, flush: true });
  }

  /** Removes all other files from an export's folder: leftovers of a dead process. */
  async removeOthers(exportId: string, names: readonly string[]): Promise<void> {
    const folder = this.folderOf(exportId);
    for (const name of await readdir(folder))
      if (!names.includes(name)) await rm(join(folder, name), { force: true });
  }

  async remove(exportId: string): Promise<void> {
    await rm(this.folderOf(exportId), { recursive: true, force: true, maxRetries: 3 });
  }

  private folderOf(exportId: string): string {
    if (!isUuid(exportId)) throw new Error('The id of an export is a UUID.');
    return join(this.root, exportId);
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
