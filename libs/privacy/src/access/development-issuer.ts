import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { CallerLimits, Role } from './caller.ts';

/** The claims of a token. */
export interface TokenClaims extends CallerLimits {
  readonly role: Role;
  readonly sub: string;
  /** The only agent instance that the token is for. */
  readonly instance?: string;
}

const algorithm = 'ES256';
const issuer = 'turnstream-development';
const audience = 'turnstream';

/** An issuer for development and tests: a key pair in a folder of this user alone. Anyone who can read it has all rights. */
export class DevelopmentIssuer {
  private constructor(
    private readonly dir: string,
    private readonly key: JWK,
  ) {}

  /** The issuer of a folder; creates its keys when there are none. */
  static async in(dir: string): Promise<DevelopmentIssuer> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const path = join(dir, 'private.json');
    const key = (await readKey(path)) ?? (await makeKey(path));
    const { d: _private, ...publicKey } = key;
    await write(join(dir, 'jwks.json'), { keys: [publicKey] });
    return new DevelopmentIssuer(dir, key);
  }

  /** The variables that make the processes accept its tokens. */
  get env(): Readonly<Record<string, string>> {
    return {
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
      AUTH_JWKS: join(this.dir, 'jwks.json'),
      AUTH_ALGORITHMS: algorithm,
    };
  }

  async token({ sub, ...claims }: TokenClaims, expiresS = 86_400): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, kid: this.key.kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(sub)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + expiresS)
      .sign(await importJWK(this.key, algorithm));
  }
}

async function readKey(path: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** When two processes create the keys at once, the first one's are used. */
async function makeKey(path: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig' };
  const made = { ...key, kid: await calculateJwkThumbprint(key) };
  try {
    await writeFile(path, JSON.stringify(made), { flag: 'wx', mode: 0o600 });
    return made;
  } catch (error) {
    const other = await readKey(path);
    if (other === undefined) throw error;
    return other;
  }
}

/** Written atomically: readers see the whole file or none. */
async function write(path: string, value: object): Promise<void> {
  const part = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(part, JSON.stringify(value), { mode: 0o600 });
  await rename(part, path);
}
