import { Injectable } from '@nestjs/common';
import type { Counter } from '#platform';
import { Metrics } from '#platform';
import type { SessionCheck } from '#read-models';

/** Results of comparing contexts and rows with the streams. */
@Injectable()
export class DriftMetrics {
  /** Listed sessions that are not healed, as of the last check. */
  listed = 0;
  readonly healed: Counter<'result'>;
  private readonly checks: Counter<'result'>;
  private readonly differences: Counter<'kind' | 'problem'>;

  constructor(metrics: Metrics) {
    const checks = 'Sessions compared with their streams, or skipped, and why';
    this.checks = metrics.counter('turnstream_drift_checks_total', checks, ['result']);
    const differences = 'Differences between contexts or rows and their streams';
    this.differences = metrics.counter('turnstream_drift_differences_total', differences, [
      'kind',
      'problem',
    ]);
    const healed = 'Sessions whose rows and context were rewritten because they differed from their stream';
    this.healed = metrics.counter('turnstream_drift_healed_total', healed, ['result']);
    const listed = 'Listed sessions with differences that are not healed, of all partitions';
    metrics.gauge('turnstream_drift_sessions', listed, [], (gauge) => gauge.set(this.listed));
  }

  checked({ result, differences }: Pick<SessionCheck, 'result' | 'differences'>): void {
    this.checks.inc({ result });
    for (const { kind, problem } of differences) this.differences.inc({ kind, problem });
  }

  /** A check that failed. */
  failed(): void {
    this.checks.inc({ result: 'failed' });
  }
}
