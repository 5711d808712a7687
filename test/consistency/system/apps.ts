import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namingSources } from '../../../tools/shared/paths.ts';
import type { Connections } from './connections.ts';
import { ManagedProcess } from './managed-process.ts';

export type AppName = 'api' | 'projector' | 'bridge';

/** The common settings of the apps of a run. */
export interface AppsOptions {
  /** The folder with `dist/apps`; not this project's for a mutant. */
  readonly root: string;
  /** The folders of their clocks and of their logs. */
  readonly dir: string;
  readonly logs: string;
  readonly services: Readonly<Record<string, string>>;
  readonly connections: Connections;
  /** Whether they reach Kafka through proxies as well. */
  readonly kafkaProxied: boolean;
  /** Additional variables, evaluated before each start. */
  readonly env: () => Readonly<Record<string, string>>;
}

const clock = join(import.meta.dirname, 'clock.mjs');
const redirect = join(import.meta.dirname, 'redirect.mjs');

/** One process of an app, which reaches each backing service through its own proxy. */
export class App {
  private constructor(
    readonly app: AppName,
    readonly process: ManagedProcess,
    /** Its own address. */
    readonly address: string,
    private readonly clockFile: string,
    private readonly code: { root: string },
  ) {}

  static async create(app: AppName, number: number, port: number, options: AppsOptions): Promise<App> {
    const { root, dir, logs, services, connections, env } = options;
    const name = `${app}-${number}`;
    const urls: Record<string, string> = { ...(await connections.ofProcess(name, services)) };
    if (options.kafkaProxied)
      urls['REDIRECTED_PORTS'] = await connections.ofBrokers(name, services['KAFKA_BROKERS'] ?? '');
    const clockFile = join(dir, `${name}.clock`);
    const address = `http://127.0.0.1:${port}`;
    const more = { PORT: String(port), CLOCK_OFFSET_FILE: clockFile, LOG_LEVEL: 'warn' };
    const code = { root };
    const node = [process.execPath, ...namingSources, '--import', clock, '--import', redirect];
    const managed = new ManagedProcess({
      name,
      command: () => [...node, join(code.root, `dist/apps/${app}/main.js`)],
      env: () => ({ ...process.env, ...urls, ...env(), ...more }),
      log: join(logs, `${name}.log`),
      ready: () => isReady(address),
    });
    return new App(app, managed, address, clockFile, code);
  }

  get name(): string {
    return this.process.name;
  }

  /** Restarts with the code of another folder. */
  async replace(root: string): Promise<void> {
    await this.process.stop();
    this.code.root = root;
    await this.process.start();
  }

  /** Sets its clock off from the machine's by this many seconds. */
  setClock(offsetS: number): void {
    writeFileSync(this.clockFile, String(offsetS));
  }
}

async function isReady(address: string): Promise<void> {
  const answer = await fetch(`${address}/health/ready`, { signal: AbortSignal.timeout(3_000) });
  if (!answer.ok) throw new Error(`/health/ready answers ${answer.status}`);
}
