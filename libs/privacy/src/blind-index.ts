import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DataKey } from './keys/data-key.ts';
import type { DataKeys } from './keys/data-keys.ts';

/** The owner of the index key in the key store: no partner has this id, since partner ids contain no slash. */
const indexPartner = '/index';

const bytes = 16;

/** Indexes values for lookup without storing them: an HMAC under one key. */
export class BlindIndex {
  private readonly key: KeyObject;

  constructor({ identifiers }: DataKey) {
    this.key = identifiers;
  }

  /** @throws KeyStoreUnavailableError */
  static async load(keys: DataKeys): Promise<BlindIndex> {
    return new BlindIndex(await keys.of(indexPartner));
  }

  /** The index of a value of a kind: 22 characters of base64url. The same value of another kind has another index. */
  of(kind: string, value: string): string {
    const text = JSON.stringify([kind, value]);
    return createHmac('sha256', this.key).update(text).digest().subarray(0, bytes).toString('base64url');
  }
}
