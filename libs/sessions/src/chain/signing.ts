import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';

/** The exact text that was signed, so that verifying needs no canonical form. */
export interface Signed {
  readonly statement: string;
  /** Ed25519, base64url; null: not signed. */
  readonly signature: string | null;
  readonly key_id: string | null;
}

/** Signs texts with Ed25519. */
export class HistorySigner {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  private readonly key: KeyObject;

  /** @param pem PKCS #8 @throws TypeError unless it is an Ed25519 key */
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

/** The result of verifying a signature. `no_key`: the public key is unknown. */
type SignatureCheck = 'valid' | 'invalid' | 'unsigned' | 'no_key';

/** The public keys that verify histories, including those of retired signing keys. */
export class HistoryKeys {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: readonly KeyObject[]) {
    this.keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  /** @param pem concatenated public keys (SPKI) @throws TypeError unless they are Ed25519 keys */
  static parse(pem: string): HistoryKeys {
    const blocks = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
    const keys = blocks.map((block) => createPublicKey(block));
    for (const key of keys) assertEd25519(key);
    return new HistoryKeys(keys);
  }

  get list(): readonly KeyObject[] {
    return [...this.keys.values()];
  }

  /** Whether there are any keys: without keys, no signature is verified. */
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
