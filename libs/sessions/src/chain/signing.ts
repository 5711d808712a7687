import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';

/** A text that was signed, to the byte, so that nothing has to be written in a canonical form to check it. */
export interface Signed {
  readonly statement: string;
  /** Ed25519, base64url; null: nobody signed it. */
  readonly signature: string | null;
  readonly key_id: string | null;
}

/** What makes signatures (Ed25519). */
export class HistorySigner {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  private readonly key: KeyObject;

  /** @param pem PKCS #8 @throws TypeError unless it is a key of Ed25519 */
  constructor(pem: string) {
    this.key = createPrivateKey(pem);
    assertEd25519(this.key);
    this.publicKey = createPublicKey(this.key);
    this.keyId = keyIdOf(this.publicKey);
  }

  sign(statement: string): Signed {
    const signature = sign(null, Buffer.from(statement), this.key).toString('base64url');
    return { statement, signature, key_id: this.keyId };
  }
}

/** What became of the check of a signature. `no_key`: its key is not among those that are known. */
export type SignatureCheck = 'valid' | 'invalid' | 'unsigned' | 'no_key';

/** The public keys of histories, those of retired signing keys too. */
export class HistoryKeys {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: readonly KeyObject[]) {
    this.keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  /** @param pem one public key (SPKI) behind the other @throws TypeError unless they are of Ed25519 */
  static parse(pem: string): HistoryKeys {
    const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
    const keys = blocks.map((block) => createPublicKey(block));
    for (const key of keys) assertEd25519(key);
    return new HistoryKeys(keys);
  }

  get list(): readonly KeyObject[] {
    return [...this.keys.values()];
  }

  /** Whether there are any: without, no signature is checked. */
  get isKnown(): boolean {
    return this.keys.size > 0;
  }

  check({ statement, signature, key_id }: Signed): SignatureCheck {
    if (signature === null || key_id === null) return 'unsigned';
    const key = this.keys.get(key_id);
    if (key === undefined) return 'no_key';
    const isValid = verify(null, Buffer.from(statement), key, Buffer.from(signature, 'base64url'));
    return isValid ? 'valid' : 'invalid';
  }
}

/** A name of a public key: the beginning of the SHA-256 of its SPKI. */
export function keyIdOf(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' }), 'base64url').slice(0, 16);
}

function assertEd25519(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new TypeError(`The key is of ${key.asymmetricKeyType ?? 'no known type'}, not of Ed25519.`);
}
