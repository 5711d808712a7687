import { readFile } from 'node:fs/promises';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWTHeaderParameters } from 'jose';
import { createLocalJWKSet, createRemoteJWKSet, errors } from 'jose';
import type { Issuer } from './config.ts';

/** Finds the key that checks a token, among those that are configured and nowhere else. */
export type KeyFinder = (
  header: JWTHeaderParameters,
  token: FlattenedJWSInput,
) => Promise<CryptoKey | Uint8Array>;

/** How long a file of keys is not read again although a token names a key that it does not have. */
const rereadMs = 10_000;
/** A shared secret must have as many bytes as the shortest hash. */
const secretBytes = 32;

export function keyFinder({ keys }: Issuer): KeyFinder {
  if ('secretFile' in keys) return sharedSecret(keys.secretFile);
  return keys.jwks.includes('://') ? createRemoteJWKSet(new URL(keys.jwks)) : fileOfKeys(keys.jwks);
}

function sharedSecret(path: string): KeyFinder {
  let secret: Promise<Uint8Array> | undefined;
  return () => (secret ??= readSecret(path));
}

async function readSecret(path: string): Promise<Uint8Array> {
  const secret = Buffer.from((await readFile(path, 'utf8')).trim());
  if (secret.length < secretBytes) throw new Error(`${path} has less than ${secretBytes} bytes.`);
  return secret;
}

/** The issuer may rotate its keys: a key that is not known is looked for in the file as it is now. */
function fileOfKeys(path: string): KeyFinder {
  const read = async () => createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
  let current: ReturnType<typeof read> | undefined;
  let readAt = 0;
  const load = () => {
    readAt = Date.now();
    current = read();
    current.catch(() => (current = undefined));
    return current;
  };
  return async (header, token) => {
    const known = await (current ?? load());
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || Date.now() - readAt < rereadMs) throw error;
      return (await load())(header, token);
    }
  };
}
