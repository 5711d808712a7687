import { join } from 'node:path';
import { answersAt, GREETINGS } from '../backing-services/index.ts';
import { folder, namingSources, root } from '../shared/paths.ts';
import { step } from '../shared/run.ts';
import type { Supervisor } from './supervisor.ts';

export interface App {
  readonly name: string;
  readonly app: string;
  readonly port: number;
}

/** The first is the api. */
export type Apps = readonly [App, ...App[]];

/** With this limit a bridge collects garbage earlier, which costs it no CPU time: see docker-compose.yml. */
const flags: { readonly [app: string]: readonly string[] } = { bridge: ['--max-old-space-size=1024'] };

/**
 * The processes of a system with `apis` api nodes: the first on `port`, projector and bridge on the next two, the
 * other api nodes ten apart.
 */
export function appList(port: number, apis = 1): Apps {
  const one = (app: string, index: number, name = app) => ({ name, app, port: port + index });
  const more = Array.from({ length: apis - 1 }, (_, n) => one('api', 10 * (n + 1), `api-${n + 2}`));
  return [one('api', 0), one('projector', 1), one('bridge', 2), ...more];
}

export const addressOf = ({ port }: App): string => `http://127.0.0.1:${port}`;

/** Starts the apps in parallel and waits until each is ready. `watch`: they restart when their code changes. */
export async function startApps(
  supervisor: Supervisor,
  apps: readonly App[],
  dir: string,
  env: Readonly<Record<string, string>>,
  watch = false,
) {
  const exportDir = process.env['EXPORT_DIR'] || join(dir, 'exports');
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const start = async ({ name, app, port }: App) => {
    const program = {
      name,
      isApp: true,
      command: watch
        ? [process.execPath, nest, 'start', app, '--watch', '--no-shell', '--exec', process.execPath]
        : [process.execPath, ...namingSources, ...(flags[app] ?? []), join(root, `dist/apps/${app}/main.js`)],
      env: { EXPORT_DIR: exportDir, ...env, PORT: String(port) },
      // In watch mode the developer may have stopped it at a breakpoint.
      ...(watch
        ? {}
        : { log: join(folder(dir, 'logs'), `${name}.log`), answers: answersAt(port, GREETINGS.http) }),
    };
    await step(name, `starting on 127.0.0.1:${port}`, () =>
      supervisor.start(program, () => ready(port), watch ? Infinity : undefined),
    );
  };
  await Promise.all(apps.map(start));
}

async function ready(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_000) });
  if (!answer.ok) throw new Error(`/health/ready answers ${answer.status}`);
}
