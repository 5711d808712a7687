import type { KMSClient } from '@aws-sdk/client-kms';
import { KeyStoreUnavailableError, MasterKeyMissingError, UnknownKeyError } from './errors.ts';
import type { WrappedKey } from './key-store.ts';
import type { MasterKeys, WrapContext } from './master-keys.ts';

/** Timeouts of a call (ms): in total, to connect, and for one answer. */
const callMs = 3_000;
const connectionTimeout = 1_000;
const requestTimeout = 2_000;

/** KMS errors for a key that was disabled or is scheduled for deletion. */
const gone: ReadonlySet<unknown> = new Set([
  'DisabledException',
  'KMSInvalidStateException',
  'NotFoundException',
]);

/** KMS errors for a ciphertext that was changed, or made for another context. */
const broken: ReadonlySet<unknown> = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

/**
 * A master key in AWS KMS, which never leaves it. Region, endpoint and credentials come from the environment
 * (AWS_REGION, AWS_ENDPOINT_URL_KMS, …). The context is the key's encryption context and appears in CloudTrail.
 */
export class KmsMasterKeys implements MasterKeys {
  private client: Promise<KMSClient> | undefined;

  /** @param keyId a key's id or ARN, or an alias such as `alias/turnstream` */
  constructor(private readonly keyId: string) {}

  /** The ARN of the key that encrypts, even when an alias was given: the alias may later point to another key. */
  async current(): Promise<string> {
    const { master_key_id } = await this.wrap(new Uint8Array(1), { partner_id: '/current', key_id: 'none' });
    return master_key_id;
  }

  async wrap(secret: Uint8Array, context: WrapContext): Promise<WrappedKey> {
    const answer = await this.call(context, async ({ kms, abortSignal }) => {
      const { EncryptCommand } = await load();
      const command = new EncryptCommand({
        KeyId: this.keyId,
        Plaintext: secret,
        EncryptionContext: contextOf(context),
      });
      return kms.send(command, { abortSignal });
    });
    return { master_key_id: answer.KeyId ?? this.keyId, ciphertext: answer.CiphertextBlob ?? noAnswer() };
  }

  async unwrap({ master_key_id, ciphertext }: WrappedKey, context: WrapContext): Promise<Uint8Array> {
    const answer = await this.call(context, async ({ kms, abortSignal }) => {
      const { DecryptCommand } = await load();
      const command = new DecryptCommand({
        KeyId: master_key_id,
        CiphertextBlob: ciphertext,
        EncryptionContext: contextOf(context),
      });
      return kms.send(command, { abortSignal });
    });
    return answer.Plaintext ?? noAnswer();
  }

  close(): void {
    void this.client?.then((client) => client.destroy());
  }

  private async call<T>(
    { key_id }: WrapContext,
    send: (to: { kms: KMSClient; abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    try {
      const kms = await (this.client ??= connect());
      return await send({ kms, abortSignal: AbortSignal.timeout(callMs) });
    } catch (cause) {
      const name = (cause as { name?: unknown } | null)?.name;
      if (broken.has(name)) throw new UnknownKeyError(key_id, { cause });
      if (gone.has(name)) throw new MasterKeyMissingError({ cause });
      throw new KeyStoreUnavailableError({ cause });
    }
  }
}

/** Loaded on demand: it is large, and most installations run without it. */
async function load(): Promise<typeof import('@aws-sdk/client-kms')> {
  return import('@aws-sdk/client-kms');
}

async function connect(): Promise<KMSClient> {
  const { KMSClient } = await load();
  return new KMSClient({ maxAttempts: 2, requestHandler: { connectionTimeout, requestTimeout } });
}

function contextOf({ partner_id, key_id }: WrapContext): Record<string, string> {
  return { partner_id, key_id };
}

function noAnswer(): never {
  throw new KeyStoreUnavailableError();
}
