import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { CellDirectory } from '#cells';
import { waitUntil } from '#platform';
import { DevelopmentIssuer } from '../../../libs/privacy/src/access/development-issuer.ts';
import { ownKeys } from '../../../tools/launcher/keys.ts';
import { freePorts } from '../../../tools/shared/free-ports.ts';
import { root } from '../../../tools/shared/paths.ts';
import { issuerDir, serviceClaims } from '../../../tools/shared/token.ts';
import type { System } from '../system.ts';
import { withOwnSystem } from '../system.ts';

/** Two whole systems, each a cell with its own keys, and a router in front of them. All slots belong to cell `a`. */
export interface TwoCells {
  readonly a: System;
  readonly b: System;
  readonly directory: CellDirectory;
  /** The address of the router. */
  readonly router: string;
  /** The header for requests to both cells. */
  readonly headers: Readonly<Record<string, string>>;
  /** The environment of `npm run cells`. */
  readonly env: NodeJS.ProcessEnv;
  /** The variables of the cells by their names. */
  readonly cells: Readonly<Record<'a' | 'b', Readonly<Record<string, string>>>>;
}

/** Runs two cells while `work` runs. @param ownKafka whether each has its own Kafka */
export async function withTwoCells<T>(
  work: (cells: TwoCells) => Promise<T>,
  { ownKafka, apis }: { readonly ownKafka: boolean; readonly apis: number },
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'turnstream-cells-'));
  const envOf = (name: string): Record<string, string> => ({
    CELL: name,
    FIRST_CELL: 'a',
    ...ownKeys(join(dir, name), {}),
  });
  const [envA, envB] = [envOf('a'), envOf('b')];
  const given = { ...process.env };
  try {
    return await withOwnSystem(
      async (a) => {
        // The second system uses its own databases on the same services as the first.
        for (const name of ['DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS']) {
          if (given[name] === undefined) delete process.env[name];
          else process.env[name] = given[name];
        }
        const issuer = await DevelopmentIssuer.in(issuerDir(a.dir));
        return withOwnSystem(
          async (b) => {
            const headers = { authorization: `Bearer ${await issuer.token(serviceClaims)}` };
            const cells = { a: { ...a.env, ...envA }, b: { ...b.env, ...envB } };
            return withRouter(dir, { a, b, headers, cells }, work);
          },
          { ...envB, ...issuer.env },
          ownKafka,
          apis,
        );
      },
      envA,
      ownKafka,
      apis,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function withRouter<T>(
  dir: string,
  given: Pick<TwoCells, 'a' | 'b' | 'headers' | 'cells'>,
  work: (cells: TwoCells) => Promise<T>,
): Promise<T> {
  const { a, b, cells } = given;
  const file = join(dir, 'cells.json');
  writeFileSync(file, JSON.stringify(cells));
  const CELLS_DATABASE_URL = a.env['DATABASE_URL'] ?? '';
  const pool = new Pool({ connectionString: CELLS_DATABASE_URL, max: 2 });
  pool.on('error', () => undefined);
  const directory = new CellDirectory(pool);
  const [port = 0] = await freePorts(1);
  const router = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    CELLS_DATABASE_URL,
    CELLS_FILE: file,
  };
  try {
    await directory.setCell({ name: 'a', url: a.apis[0] });
    await directory.setCell({ name: 'b', url: b.apis[0] });
    const child = spawn(process.execPath, [join(root, 'dist/apps/router/main.js')], {
      env: { ...env, PORT: String(port), CELLS_REFRESH_MS: '200', CELLS_HOLD_MS: '2000' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      const isReady = async (): Promise<boolean> =>
        (await fetch(`${router}/health/ready`).catch(() => undefined))?.ok === true;
      await waitUntil(isReady, { what: 'the router', everyMs: 100 });
      return await work({ ...given, directory, router, env });
    } finally {
      child.kill('SIGTERM');
    }
  } finally {
    await pool.end();
  }
}
