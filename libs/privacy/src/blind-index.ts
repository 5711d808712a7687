import { createHmac } from 'node:crypto';
import type { RecentValues } from '#platform';
import type { DataKey } from './keys/data-key.ts';
import type { DataKeys } from './keys/data-keys.ts';

/** The owner of the index key in the key store: no partner has this id, since partner ids contain no slash. */
const indexPartner = '/index';

const bytes = 16;
/** Characters of longer values are not kept in memory. */
const longestKept = 80;

/** Indexes values for lookup without storing them: an HMAC under one key. */
export class BlindIndex {
  /** @param known indexes in memory: conversations name the same orders, months and words again */
  constructor(
    private readonly key: DataKey,
    private readonly known?: RecentValues<string>,
  ) {}

  /** @throws KeyStoreUnavailableError */
  static async load(keys: DataKeys, known?: RecentValues<string>): Promise<BlindIndex> {
    return new BlindIndex(await keys.of(indexPartner), known);
  }

  /** The index of a value of a kind: 22 characters of base64url. The same value of another kind has another index. */
  of(kind: string, value: string): string {
    const text = JSON.stringify([kind, value]);
    if (this.known === undefined || text.length > longestKept) return this.mac(text);
    const name = `${this.key.id}${text}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const index = this.mac(text);
    this.known.set(name, index);
    return index;
  }

  private mac(text: string): string {
    const { identifiers } = this.key;
    return createHmac('sha256', identifiers).update(text).digest().subarray(0, bytes).toString('base64url');
  }
}
