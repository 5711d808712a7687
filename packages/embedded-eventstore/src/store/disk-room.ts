import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROBE_FILE = 'room';
const PROBE = Buffer.alloc(64 * 1024);

/** Whether a file in `dir` can grow: neither the disk is full nor a quota used up. */
export const hasRoom = (dir: string): boolean => {
  const path = join(dir, PROBE_FILE);
  try {
    writeFileSync(path, PROBE);
    return true;
  } catch (error) {
    return !(
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    );
  } finally {
    rmSync(path, { force: true });
  }
};
