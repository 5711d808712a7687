import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyCommand, KMSClient, UpdateAliasCommand, CreateAliasCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '#platform';
import type { MasterKeys } from '#privacy';
import {
  DataKeys,
  KeyStoreUnavailableError,
  openKeyStore,
  openMasterKeys,
  rewrap,
  UnknownKeyError,
} from '#privacy';
import { withKms } from '../tools/backing-services/kms.ts';
import { initKeyFile, rotateKeyFile } from '../tools/keys/key-file.ts';
import { holdOpen } from './scenarios/hold-open.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnstream-master-keys-'));
const logger = createLogger('keys', 'silent');
const held = holdOpen<string>(withKms);
const alias = 'alias/turnstream';
let kms: KMSClient;

beforeAll(async () => {
  const endpoint = await held.open();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_REGION: 'ap-south-1',
    AWS_ACCESS_KEY_ID: 'spec',
    AWS_SECRET_ACCESS_KEY: 'spec',
  });
  kms = new KMSClient();
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: await newKmsKey() }));
});
afterAll(async () => {
  kms.destroy();
  await held.close();
  rmSync(dir, { recursive: true });
});

async function newKmsKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand());
  return KeyMetadata?.KeyId ?? '';
}

const path = (name: string): string => join(dir, `${name}.json`);

describe.each([
  {
    where: 'in a file',
    address: `file:${path('contract')}`,
    make: async () => initKeyFile(path('contract')),
    rotate: async () => rotateKeyFile(path('contract')),
  },
  {
    where: 'in AWS KMS',
    address: `aws-kms:${alias}`,
    make: async () => undefined,
    rotate: async () =>
      kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: await newKmsKey() })),
  },
])('master keys $where', ({ address, make, rotate }) => {
  const secret = randomBytes(32);
  const context = { partner_id: 'P1', key_id: randomUUID() };
  let masters: MasterKeys;

  beforeAll(async () => {
    await make();
    masters = openMasterKeys(address);
  });
  afterAll(() => masters.close?.());

  test('unwrap what they wrapped', async () => {
    const wrapped = await masters.wrap(secret, context);
    expect(wrapped.master_key_id).toBe(await masters.current());
    expect(Buffer.from(wrapped.ciphertext).includes(secret)).toBe(false);
    expect(Buffer.from(await masters.unwrap(wrapped, context)).equals(secret)).toBe(true);
  });

  test('do not unwrap it for another partner or key', async () => {
    const wrapped = await masters.wrap(secret, context);
    for (const other of [{ partner_id: 'P2' }, { key_id: randomUUID() }])
      await expect(masters.unwrap(wrapped, { ...context, ...other })).rejects.toThrow(UnknownKeyError);
  });

  test('do not unwrap what was changed', async () => {
    const wrapped = await masters.wrap(secret, context);
    const ciphertext = Buffer.from(wrapped.ciphertext);
    ciphertext[ciphertext.length - 1] = (ciphertext.at(-1) ?? 0) ^ 1;
    await expect(masters.unwrap({ ...wrapped, ciphertext }, context)).rejects.toThrow(UnknownKeyError);
  });

  test('rewrap all data keys after a rotation, and the data keys stay the same', async () => {
    const store = openKeyStore(`file:${join(dir, randomUUID(), 'keys.db')}`, logger);
    const partners = ['P1', 'P2', 'P3'];
    const keysOf = (): DataKeys => new DataKeys(store, masters);
    const before = await Promise.all(partners.map((partner) => keysOf().of(partner)));
    const old = await masters.current();
    await rotate();
    const current = await masters.current();
    expect(current).not.toBe(old);
    expect(await rewrap(store, masters)).toEqual({ rewrapped: 3, skipped: 0, broken: [] });
    expect((await store.counts()).wrapped_by).toEqual({ [current]: 3 });
    const after = await Promise.all(partners.map((partner) => keysOf().of(partner)));
    for (const [n, key] of after.entries()) {
      expect(key.id).toBe(before[n]?.id);
      expect(before[n] && key.encryption.equals(before[n].encryption)).toBe(true);
    }
    expect(await rewrap(store, masters)).toEqual({ rewrapped: 0, skipped: 0, broken: [] });
    await store.close();
  });
});

describe('a file of master keys', () => {
  let file: string;
  beforeEach(() => {
    file = path(randomUUID());
    initKeyFile(file);
  });
  const open = (): MasterKeys => openMasterKeys(`file:${file}`);
  const context = { partner_id: 'P1', key_id: randomUUID() };

  test('is refused when others may read it', () => {
    chmodSync(file, 0o640);
    expect(open).toThrow('may be read by others');
  });

  test('is refused when it is missing or malformed', () => {
    writeFileSync(file, '{"current":"mk","keys":{"mk":{"secret":"c2hvcnQ="}}}');
    expect(open).toThrow('is malformed');
    rmSync(file);
    expect(open).toThrow('is missing');
  });

  test('is never made in the place of another', () => {
    const before = readFileSync(file, 'utf8');
    expect(() => initKeyFile(file)).toThrow('is there already');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('lacks a removed key: its wrapped keys are unavailable until it is put back', async () => {
    const masters = open();
    const before = readFileSync(file, 'utf8');
    const wrapped = await masters.wrap(randomBytes(32), context);
    const current = rotateKeyFile(file);
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Record<string, unknown> };
    writeFileSync(file, JSON.stringify({ current, keys: { [current]: keys[current] } }));
    await expect(open().unwrap(wrapped, context)).rejects.toThrow(KeyStoreUnavailableError);
    writeFileSync(file, before);
    expect(await open().unwrap(wrapped, context)).toHaveLength(32);
  });
});

test('a key that KMS does not have is an unavailable key store', async () => {
  const masters = openMasterKeys('aws-kms:alias/other');
  await expect(masters.current()).rejects.toThrow(KeyStoreUnavailableError);
  masters.close?.();
});
