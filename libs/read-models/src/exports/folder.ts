import type { Pool } from 'pg';
import type { ExportFiles } from './files.ts';

/** Thrown when a node's folder is not the one that holds the exports: it is another folder, or its disk is not mounted. */
export class ExportFolderError extends Error {
  override readonly name = 'ExportFolderError';

  constructor() {
    super(
      'EXPORT_DIR is not the folder that holds the exports: nothing is written there, and nothing removed.',
    );
  }
}

/** The id of the folder with the exports; undefined: none was ever written. */
export async function folderId(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ folder_id: string }>('SELECT folder_id FROM export_folder');
  return rows[0]?.folder_id;
}

/** @throws ExportFolderError */
export async function assertFolder(pool: Pool, files: ExportFiles): Promise<void> {
  const id = await folderId(pool);
  if (id === undefined || (await files.mark()) !== id) throw new ExportFolderError();
}

/** The folder of the first node that writes becomes that of all nodes. @throws ExportFolderError */
export async function claimFolder(pool: Pool, files: ExportFiles): Promise<void> {
  if ((await folderId(pool)) === undefined)
    await pool.query('INSERT INTO export_folder (folder_id) VALUES ($1) ON CONFLICT DO NOTHING', [
      await files.makeMark(),
    ]);
  await assertFolder(pool, files);
}
