import { withTimeout } from '../async/with-timeout.ts';
import { reasonOf } from '../errors/any-error.ts';

interface CheckResult {
  readonly status: 'ok' | 'unavailable';
  readonly latency_ms: number;
  readonly error?: string;
}

interface ReadyDocument {
  /** `degraded`: only services are unavailable without which the process does its main work. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface HealthOptions {
  /** One for each backing service: resolves when it answers, rejects when not. */
  readonly checks?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Names of services without which the process does its main work. */
  readonly dispensable?: readonly string[];
  /** Facts to show beside, such as the projections' lag. A failing one shows its error and does not change the status. */
  readonly details?: Readonly<Record<string, () => Promise<unknown>>>;
  readonly timeoutMs?: number;
  readonly cacheMs?: number;
}

/**
 * The two health documents of a process. Checks run at once, each bounded in time; an answer serves for `cacheMs`. A check
 * that has not ended is not run again beside it: its service may hang, and what waits would grow.
 */
export class HealthChecks {
  private readonly checks: Record<string, () => Promise<unknown>>;
  private readonly details: Record<string, () => Promise<unknown>>;
  private readonly dispensable: ReadonlySet<string>;
  private readonly timeoutMs: number;
  private readonly cacheMs: number;
  private readonly running = new Map<string, Promise<unknown>>();
  private last: { readonly at: number; readonly document: Promise<ReadyDocument> } | undefined;

  constructor({
    checks = {},
    dispensable = [],
    details = {},
    timeoutMs = 2000,
    cacheMs = 500,
  }: HealthOptions = {}) {
    this.checks = { ...checks };
    this.dispensable = new Set(dispensable);
    this.details = { ...details };
    this.timeoutMs = timeoutMs;
    this.cacheMs = cacheMs;
  }

  /** Adds a check: the process is ready only when it resolves, unless it is dispensable. */
  addCheck(name: string, check: () => Promise<unknown>): void {
    this.checks[name] = check;
  }

  /** Adds a fact that the readiness document shows. */
  addDetail(name: string, detail: () => Promise<unknown>): void {
    this.details[name] = detail;
  }

  /** The process runs and its event loop turns. */
  live(): { readonly status: 'ok'; readonly uptime_s: number } {
    return { status: 'ok', uptime_s: Math.round(process.uptime()) };
  }

  /** Whether the backing services answer; to be sent with 503 when unavailable. Never rejects. */
  ready(): Promise<ReadyDocument> {
    const now = performance.now();
    if (!this.last || now - this.last.at >= this.cacheMs) this.last = { at: now, document: this.run() };
    return this.last.document;
  }

  private async run(): Promise<ReadyDocument> {
    const timeoutMs = this.timeoutMs;
    const [results, facts] = await Promise.all([
      mapValues(this.checks, (check, name) => runCheck(() => this.once(`check ${name}`, check), timeoutMs)),
      mapValues(this.details, (detail, name) =>
        bounded(() => this.once(`detail ${name}`, detail), timeoutMs).catch((error: unknown) => ({
          error: reasonOf(error),
        })),
      ),
    ]);
    const failed = Object.keys(results).filter((name) => results[name]?.status !== 'ok');
    const isReady = failed.every((name) => this.dispensable.has(name));
    return {
      status: failed.length === 0 ? 'ok' : isReady ? 'degraded' : 'unavailable',
      checks: results,
      ...(Object.keys(facts).length > 0 && { details: facts }),
    };
  }

  /** The run under way, or a new one. */
  private once(name: string, run: () => Promise<unknown>): Promise<unknown> {
    const running = this.running.get(name) ?? run().finally(() => this.running.delete(name));
    this.running.set(name, running);
    // Its result may come too late for everybody.
    running.catch(() => undefined);
    return running;
  }
}

async function runCheck(check: () => Promise<unknown>, timeoutMs: number): Promise<CheckResult> {
  const start = performance.now();
  const took = (): number => Math.round((performance.now() - start) * 10) / 10;
  try {
    await bounded(check, timeoutMs);
    return { status: 'ok', latency_ms: took() };
  } catch (error) {
    return { status: 'unavailable', latency_ms: took(), error: reasonOf(error) };
  }
}

async function bounded<T>(run: () => Promise<T>, timeoutMs: number): Promise<T> {
  return withTimeout(run(), timeoutMs, () => new Error(`no answer within ${timeoutMs} ms`));
}

async function mapValues<T, R>(
  items: Readonly<Record<string, T>>,
  map: (item: T, name: string) => Promise<R>,
): Promise<Record<string, R>> {
  const entries = Object.entries(items).map(async ([name, item]) => [name, await map(item, name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
