import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
// Not imported from its lib: the launcher needs this file, but not Nest.
import { ConfigError } from '../../../platform/src/config/errors.ts';
import { KeyStoreUnavailableError, MasterKeyMissingError, UnknownKeyError } from './errors.ts';
import type { WrappedKey } from './key-store.ts';
import type { MasterKeys, WrapContext } from './master-keys.ts';

/** The content of a key file. */
interface KeyFile {
  /** The id of the key that wraps new data keys. */
  readonly current: string;
  readonly keys: Readonly<Record<string, { readonly created_at: string; readonly secret: string }>>;
}

const nonceBytes = 12;
const tagBytes = 16;
const secretBytes = 32;

/**
 * Reads a file of master keys.
 * @throws ConfigError when it is missing, malformed, or readable by others than its owner
 */
export function readKeyFile(path: string): KeyFile {
  const refuse = (what: string): never => {
    throw new ConfigError(`The file of master keys ${path} ${what}.`);
  };
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return refuse('is missing: npm run keys -- init makes one, or restore it from its backup');
  if ((found.mode & 0o077) !== 0) return refuse('may be read by others: chmod 600');
  const file = parse(readFileSync(path, 'utf8'));
  return file ?? refuse('is malformed');
}

function parse(text: string): KeyFile | undefined {
  try {
    const file = JSON.parse(text) as KeyFile;
    const secrets = Object.values(file.keys).map(({ secret }) => Buffer.from(secret, 'base64'));
    const isWhole = Object.hasOwn(file.keys, file.current) && secrets.every((s) => s.length === secretBytes);
    return isWhole ? file : undefined;
  } catch {
    return undefined;
  }
}

/** The file with a new key, which becomes the current one. Pure except for the random key. */
export function withNewKey(file: KeyFile | undefined, now: Date): KeyFile {
  const created_at = now.toISOString();
  const id = `mk-${created_at.slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const key = { created_at, secret: randomBytes(secretBytes).toString('base64') };
  return { current: id, keys: { ...file?.keys, [id]: key } };
}

/** Master keys in a file: one is current, older ones still unwrap. A changed file takes effect at the next wrap. */
export class FileMasterKeys implements MasterKeys {
  private file: KeyFile;
  private version: string;

  /** @throws ConfigError */
  constructor(private readonly path: string) {
    this.version = versionOf(path);
    this.file = readKeyFile(path);
  }

  async current(): Promise<string> {
    this.refresh();
    return this.file.current;
  }

  async wrap(secret: Uint8Array, context: WrapContext): Promise<WrappedKey> {
    this.refresh();
    const { current: master_key_id } = this.file;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.secretOf(master_key_id), nonce);
    cipher.setAAD(additionalData(master_key_id, context));
    const ciphertext = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    return { master_key_id, ciphertext };
  }

  async unwrap({ master_key_id, ciphertext }: WrappedKey, context: WrapContext): Promise<Uint8Array> {
    if (!Object.hasOwn(this.file.keys, master_key_id)) this.refresh();
    const secret = this.secretOf(master_key_id);
    try {
      const decipher = createDecipheriv('aes-256-gcm', secret, ciphertext.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(additionalData(master_key_id, context));
      decipher.setAuthTag(ciphertext.subarray(-tagBytes));
      return Buffer.concat([decipher.update(ciphertext.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    } catch (cause) {
      throw new UnknownKeyError(context.key_id, { cause });
    }
  }

  /** A missing key may be restored: what it wrapped waits. */
  private secretOf(id: string): Buffer {
    const key = Object.hasOwn(this.file.keys, id) ? this.file.keys[id] : undefined;
    if (!key) throw new MasterKeyMissingError({ cause: new Error(`${this.path} has no key ${id}.`) });
    return Buffer.from(key.secret, 'base64');
  }

  private refresh(): void {
    try {
      const version = versionOf(this.path);
      if (version === this.version) return;
      this.file = readKeyFile(this.path);
      this.version = version;
    } catch (cause) {
      throw new KeyStoreUnavailableError({ cause });
    }
  }
}

function versionOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size} ${ino}`;
}

function additionalData(masterKeyId: string, { partner_id, key_id }: WrapContext): Buffer {
  return Buffer.from(JSON.stringify([masterKeyId, partner_id, key_id]));
}
