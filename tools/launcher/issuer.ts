import { writeFileSync } from 'node:fs';
import { DevelopmentIssuer } from '../../libs/privacy/src/access/development-issuer.ts';
import {
  adminClaims,
  adminTokenVariable,
  headerFile,
  issuerDir,
  serviceClaims,
  tokenVariable,
} from '../shared/token.ts';

/** A token is renewed long before it expires. */
const renewMs = 3_600_000;

/**
 * The issuer of a system: the one that AUTH_ISSUER names, or else a development issuer with keys in its data folder.
 */
async function issuerOf(dir: string): Promise<DevelopmentIssuer | undefined> {
  return process.env['AUTH_ISSUER'] ? undefined : DevelopmentIssuer.in(issuerDir(dir));
}

/** Creates the issuer of an interactive system, with a token for curl. Returns the variables that the apps need. */
export async function startIssuer(dir: string): Promise<Readonly<Record<string, string>>> {
  const issuer = await issuerOf(dir);
  if (issuer === undefined) return {};
  const write = async (): Promise<void> => {
    const token = await issuer.token(serviceClaims);
    writeFileSync(headerFile(dir), `authorization: Bearer ${token}\n`, { mode: 0o600 });
  };
  await write();
  setInterval(() => void write().catch(() => undefined), renewMs).unref();
  return issuer.env;
}

/** Gives `work` a development issuer, and this process and its children a token while it runs. */
export async function withIssuer<T>(
  dir: string,
  work: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const issuer = await DevelopmentIssuer.in(issuerDir(dir));
  const before = { ...process.env };
  process.env[tokenVariable] = await issuer.token(serviceClaims);
  process.env[adminTokenVariable] = await issuer.token(adminClaims);
  try {
    return await work(issuer.env);
  } finally {
    for (const name of [tokenVariable, adminTokenVariable]) {
      const value = before[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
