import { withTimeout } from '../async/with-timeout.ts';
import { reasonOf } from '../errors/any-error.ts';

interface CheckResult {
  readonly status: 'ok' | 'unavailable';
  readonly latency_ms: number;
  readonly error?: string;
}

interface ReadyDocument {
  /** `degraded`: only dispensable services are unavailable. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface HealthOptions {
  /** One for each backing service: resolves when it answers, else rejects. */
  readonly checks?: Readonly<Record<string, () => Promise<unknown>>>;
  /** Names of services that the process's main work does not need. */
  readonly dispensable?: readonly string[];
  /** Further facts to show, such as the lag of projections. A failing one shows its error and does not change the status. */
  readonly details?: Readonly<Record<string, () => Promise<unknown>>>;
  readonly timeoutMs?: number;
  readonly cacheMs?: number;
}

/**
 * The two health documents of a process. Checks run in parallel, each with a timeout; a result is cached for `cacheMs`. A check
 * that is still running is not started again: its service may hang, and calls would pile up.
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

  /** Adds a fact to the readiness document. */
  addDetail(name: string, detail: () => Promise<unknown>): void {
    this.details[name] = detail;
  }

  /** The process runs and its event loop is not blocked. */
  live(): { readonly status: 'ok'; readonly uptime_s: number } {
    return { status: 'ok', uptime_s: Math.round(process.uptime()) };
  }

  /** Whether the backing services answer; send it with 503 when unavailable. Never rejects. */
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

  /** The current run, or a new one. */
  private once(name: string, run: () => Promise<unknown>): Promise<unknown> {
    const running = this.running.get(name) ?? run().finally(() => this.running.delete(name));
    this.running.set(name, running);
    // Its result may arrive when nobody waits for it.
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
