import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { DataKey } from './keys/data-key.ts';
import type { DataKeys } from './keys/data-keys.ts';

/** Whom the index key belongs to in the key store: no partner has this id, as none may contain a slash. */
const indexPartner = '/index';

const bytes = 16;

/** Stands for values that others look for, so that they are found without being stored: an HMAC under one key. */
export class BlindIndex {
  private readonly key: KeyObject;

  constructor({ identifiers }: DataKey) {
    this.key = identifiers;
  }

  /** @throws KeyStoreUnavailableError */
  static async load(keys: DataKeys): Promise<BlindIndex> {
    return new BlindIndex(await keys.of(indexPartner));
  }

  /** What stands for a value of a kind: 22 characters of base64url. The same value of another kind gives another. */
  of(kind: string, value: string): string {
    const text = JSON.stringify([kind, value]);
    return createHmac('sha256', this.key).update(text).digest().subarray(0, bytes).toString('base64url');
  }
}
