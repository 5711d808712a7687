import { createHmac, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';

const splits = ['train', 'validation', 'test'] as const;
type Split = (typeof splits)[number];
/** Percentage of partners in the first split, and in the first two. */
const shares = [80, 90] as const;

/** Pseudonyms of partners and sessions: the same in all exports of this system, and irreversible without its key. */
export class Pseudonyms {
  private constructor(private readonly hash: (kind: string, value: string) => string) {}

  /** With a key from the key store, else with one from PostgreSQL. @throws KeyStoreUnavailableError */
  static async load(pool: Pool, keys: DataKeys | undefined): Promise<Pseudonyms> {
    if (keys !== undefined) {
      const index = await BlindIndex.load(keys);
      return new Pseudonyms((kind, value) => index.of(kind, value));
    }
    const key = await storedKey(pool);
    return new Pseudonyms((kind, value) =>
      createHmac('sha256', key)
        .update(JSON.stringify([kind, value]))
        .digest()
        .subarray(0, 16)
        .toString('base64url'),
    );
  }

  of(kind: 'partner' | 'conversation', value: string): string {
    return this.hash(`export/${kind}`, value);
  }

  /** All conversations of a partner are in the same split, in every export. */
  splitOf(partnerId: string): Split {
    const share = Buffer.from(this.hash('export/split', partnerId), 'base64url').readUInt32BE() % 100;
    return share < shares[0] ? 'train' : share < shares[1] ? 'validation' : 'test';
  }
}

async function storedKey(pool: Pool): Promise<Buffer> {
  await pool.query('INSERT INTO export_pseudonym_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [
    randomBytes(32),
  ]);
  const { rows } = await pool.query<{ key: Buffer }>('SELECT key FROM export_pseudonym_key');
  const [row] = rows;
  if (row === undefined) throw new Error('There is no key of pseudonyms.');
  return row.key;
}
