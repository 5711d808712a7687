import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram };

/** Buckets in seconds; fine below 50 ms, where this system's answers should be. */
const durations = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The Prometheus metrics of one process: Node's own, and those of its parts. */
export class Metrics {
  readonly registry = new Registry();
  private readonly http: Histogram<'method' | 'route' | 'status'>;
  private readonly observers = new Map<string, (seconds: number) => void>();

  constructor(app: string) {
    this.registry.setDefaultLabels({ app });
    collectDefaultMetrics({ register: this.registry });
    this.http = this.histogram('http_request_duration_seconds', 'Time to answer a request', [
      'method',
      'route',
      'status',
    ]);
  }

  counter<T extends string = never>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** `collect` sets the gauge's value whenever the metrics are read. */
  gauge<T extends string = never>(
    name: string,
    help: string,
    labelNames: readonly T[] = [],
    collect?: (gauge: Gauge<T>) => void | Promise<void>,
  ): Gauge<T> {
    const read = collect && { collect: (): void | Promise<void> => collect(gauge) };
    const gauge: Gauge<T> = new Gauge({ name, help, labelNames, registers: [this.registry], ...read });
    return gauge;
  }

  /** In seconds, unless `buckets` are given. */
  histogram<T extends string = never>(
    name: string,
    help: string,
    labelNames: readonly T[] = [],
    buckets: number[] = durations,
  ): Histogram<T> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** Records an answered request. `route` is the pattern, never the path, so that there are few series. */
  observeRequest(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let observe = this.observers.get(key);
    if (!observe) {
      const child = this.http.labels({ method, route, status: String(status) });
      observe = (value) => child.observe(value);
      this.observers.set(key, observe);
    }
    observe(seconds);
  }
}
