import { readFile } from 'node:fs/promises';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWTHeaderParameters } from 'jose';
import { createLocalJWKSet, createRemoteJWKSet, errors } from 'jose';
import type { Issuer } from './config.ts';

/** Finds the key that verifies a token, only among the configured keys. */
export type KeyFinder = (
  header: JWTHeaderParameters,
  token: FlattenedJWSInput,
) => Promise<CryptoKey | Uint8Array>;

/** How soon a file of keys may be read again when a token names an unknown key. */
const rereadMs = 10_000;
/** A shared secret must have at least as many bytes as the shortest hash. */
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

/** The issuer may rotate its keys: an unknown key is looked for in the present file. */
function fileOfKeys(path: string): KeyFinder {
  const read = async () => createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
  let current: ReturnType<typeof read> | undefined;
  let readAt = -Infinity;
  const load = () => {
    readAt = performance.now();
    current = read();
    current.catch(() => (current = undefined));
    return current;
  };
  return async (header, token) => {
    const known = await (current ?? load());
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || performance.now() - readAt < rereadMs) throw error;
      return (await load())(header, token);
    }
  };
}
