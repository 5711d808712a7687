import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DevelopmentIssuer } from '../../libs/privacy/src/access/development-issuer.ts';
import { dataDir } from './paths.ts';

/** The folder of the development issuer's keys. */
export const issuerDir = (dir: string = dataDir): string => join(dir, 'auth');

/** The file with the header for `curl -H @file`. */
export const headerFile = (dir: string = dataDir): string => join(issuerDir(dir), 'header');

/** The variable with the token of programs and the SDK. */
export const tokenVariable = 'TURNSTREAM_TOKEN';

/** The variable with the token for requests of tests that only an admin may send. */
export const adminTokenVariable = 'TURNSTREAM_ADMIN_TOKEN';

/** The role of tools and tests for the api. */
export const serviceClaims = { role: 'service', sub: 'tools', instances: ['*'] } as const;
export const adminClaims = { role: 'admin', sub: 'tools' } as const;

/**
 * Uses a token of the development issuer for this process and its children, unless one is given or there is no
 * issuer.
 */
export async function useDevelopmentToken(url: string): Promise<void> {
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
  if (
    !isHere ||
    process.env['AUTH_ISSUER'] ||
    process.env[tokenVariable] ||
    !existsSync(join(issuerDir(), 'private.json'))
  )
    return;
  process.env[tokenVariable] = await (await DevelopmentIssuer.in(issuerDir())).token(serviceClaims);
}

/** The header of requests that are sent without the SDK. */
export function authorization(role: 'service' | 'admin' = 'service'): Record<string, string> {
  const token = process.env[role === 'admin' ? adminTokenVariable : tokenVariable];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
