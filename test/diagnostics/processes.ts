import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The resources that a process holds. Sizes in bytes. */
export interface Held {
  readonly rss: number;
  readonly heapUsed: number;
  /** Memory of JavaScript objects outside the heap, including array buffers. */
  readonly external: number;
  readonly arrayBuffers: number;
  /** The longest turn of the event loop since the last query (ms of CPU time). */
  readonly longestTurnMs: number;
  readonly handles: number;
  readonly connections: number;
  /** Calls of its gRPC clients that have not ended. */
  readonly heldCalls: number;
}

/** A forced collection of garbage; the thorough one also drops compiled code and gives memory back. */
export type Collection = 'usual' | 'thorough';

/** The Node processes of a system, as visible to a test. */
export class Processes {
  constructor(private readonly dir: string) {}

  /** Names with process ids, such as `api-4711`, of all processes so far. */
  get all(): string[] {
    return readdirSync(this.dir)
      .map((file) => file.replace('.sock', ''))
      .sort();
  }

  /** The resources of each living process, after a forced collection. */
  async held(collection: Collection | 'none' = 'thorough'): Promise<Map<string, Held>> {
    const answers = await Promise.all(
      this.all.map(async (name) => [name, await this.ask(name, collection).catch(() => undefined)] as const),
    );
    return new Map(answers.filter((answer): answer is [string, Held] => answer[1] !== undefined));
  }

  private ask(name: string, collection: Collection | 'none'): Promise<Held> {
    const options = {
      socketPath: join(this.dir, `${name}.sock`),
      path: `/${collection}`,
      agent: false,
    };
    return new Promise((resolve, reject) => {
      const asking = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (data: string) => (text += data));
        response.on('end', () => resolve(JSON.parse(text) as Held));
        response.on('error', reject);
      });
      asking.setTimeout(60_000, () => asking.destroy(new Error(`${name} does not answer`)));
      asking.on('error', reject);
      asking.end();
    });
  }
}

const preload = join(import.meta.dirname, 'preload.mjs');

/** Makes processes that start while `work` runs visible to it. */
export async function withDiagnostics<T>(work: (processes: Processes) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'ts-held-'));
  const { NODE_OPTIONS = '' } = process.env;
  process.env['NODE_OPTIONS'] = `${NODE_OPTIONS} --import=${preload}`.trim();
  process.env['DIAGNOSTICS_DIR'] = dir;
  try {
    return await work(new Processes(dir));
  } finally {
    process.env['NODE_OPTIONS'] = NODE_OPTIONS;
    delete process.env['DIAGNOSTICS_DIR'];
    rmSync(dir, { recursive: true, force: true });
  }
}
