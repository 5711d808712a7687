import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownKeys } from '../../tools/launcher/keys.ts';

/** Sets the variables of new keys while `work` runs: systems that it starts, and their clients, encrypt and decrypt. */
export async function withKeys<T>(work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-keys-'));
  const variables = ownKeys(folder, {});
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    rmSync(folder, { recursive: true });
  }
}
