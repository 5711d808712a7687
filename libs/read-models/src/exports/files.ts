import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../tables/changes.ts';

const folderMode = 0o700;
const fileMode = 0o600;
/** The file that tells the folder from others. */
const markName = 'folder-id';

/** The files of exports: a folder each, in one that all nodes share. */
export class ExportFiles {
  constructor(private readonly root: string) {}

  /** The id that stands in the folder; undefined: there is none. */
  async mark(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.root, markName), 'utf8')).trim();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Writes an id into the folder unless one is there; returns the one that is. */
  async makeMark(): Promise<string> {
    const id = randomUUID();
    await mkdir(this.root, { recursive: true, mode: folderMode });
    const draft = join(this.root, `${markName}-${id}`);
    await writeFile(draft, `${id}\n`, { mode: fileMode, flush: true });
    try {
      // Whole or not at all, whoever else does the same.
      await link(draft, join(this.root, markName));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(draft);
    }
    return (await this.mark()) ?? id;
  }

  /** The path at which a file of an export is to be written; its folder is there afterwards. */
  async prepare(exportId: string, name: string): Promise<string> {
    const folder = this.folderOf(exportId);
    await mkdir(folder, { recursive: true, mode: folderMode });
    return join(folder, name);
  }

  /** Opens a file that the export is known to have. */
  open(exportId: string, name: string): Promise<FileHandle> {
    return open(join(this.folderOf(exportId), name));
  }

  async write(exportId: string, name: string, text: string): Promise<void> {
    await writeFile(await this.prepare(exportId, name), text, { mode: fileMode, flush: true });
  }

  /** Removes what is in the folder of an export beside some files: what a process left that died. */
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
