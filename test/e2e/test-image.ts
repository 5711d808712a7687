import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withBackingServices } from '#launcher';
import { waitUntil } from '#platform';
import { DevelopmentIssuer } from '#privacy';
import { freePorts } from '../../tools/shared/free-ports.ts';
import { separateBackingServices } from '../scenarios/separate-backing-services.ts';

/** The three apps of the folder of the image. */
export interface RunningImage {
  readonly url: string;
  readonly children: readonly ChildProcess[];
  /** The variables of the backing services. */
  readonly services: Readonly<Record<string, string>>;
}

/** The keys of a folder of the image. */
export const keysIn = (folder: string): Record<string, string> => ({
  KEYSTORE_URL: `file:${folder}/keys.db`,
  MASTER_KEYS: `file:${folder}/master-keys.json`,
});

/** A busy machine may take long to stop an app. */
const patient = { SHUTDOWN_GRACE_MS: '120000' };

/**
 * Migrates and runs the apps of an image while `work` runs, with the contents of a container alone, without the rest
 * of the project. Keys and tokens are in `folder`.
 */
export async function withImage(
  { image, folder, env: more }: { image: string; folder: string; env: Readonly<Record<string, string>> },
  work: (running: RunningImage) => Promise<void>,
): Promise<void> {
  const restore = await separateBackingServices();
  try {
    await withBackingServices(async ({ env: services }) => {
      const issuer = await DevelopmentIssuer.in(join(folder, 'auth'));
      process.env['TURNSTREAM_TOKEN'] = await issuer.token({
        role: 'service',
        sub: 'spec',
        instances: ['*'],
      });
      const PATH = process.env['PATH'] ?? '';
      const env = { NODE_ENV: 'production', PATH, ...services, ...issuer.env, ...keysIn(folder) };
      execFileSync(process.execPath, ['tools/keys/init.mjs'], { cwd: image, env, stdio: 'pipe' });
      const migrate = ['node_modules/node-pg-migrate/bin/node-pg-migrate.js', 'up', '-t', 'schema_migration'];
      execFileSync(process.execPath, migrate, { cwd: image, env, stdio: 'pipe' });
      const ports = await freePorts(3);
      const children = ['api', 'projector', 'bridge'].map((app, index) =>
        spawn(process.execPath, ['--enable-source-maps', `dist/apps/${app}/main.js`], {
          cwd: image,
          env: { ...env, PORT: String(ports[index]), LOG_LEVEL: 'error', ...patient, ...more },
          stdio: ['ignore', 2, 2],
        }),
      );
      try {
        const isOver = (): boolean => children.some(({ exitCode }) => exitCode !== null);
        for (const port of ports) await waitUntil(async () => isOver() || isReady(port), { everyMs: 100 });
        await work({ url: `http://127.0.0.1:${ports[0]}`, children, services });
      } finally {
        await Promise.all(
          children.map(async (child) => {
            if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
          }),
        );
      }
    });
  } finally {
    await restore();
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}
