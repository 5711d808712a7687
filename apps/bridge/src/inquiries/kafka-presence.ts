import { Inject, Injectable } from '@nestjs/common';
import { KafkaProbe } from '#messaging';
import { repeat } from '#platform';

const probeEveryMs = 1_000;
/**
 * Kafka counts as unavailable after this time without a sign of life. A shorter silence may be a busy machine, and
 * leaves sources time to answer.
 */
const awayAfterMs = 4_000;

interface Verdict {
  readonly source: string;
  /** The beginning of the judged period (milliseconds). */
  readonly from: number;
  readonly to: number;
  readonly whenPresent: () => void;
}

/**
 * Tells whether Kafka was available while a source was silent. That is known only afterwards: a verdict waits for
 * Kafka's next sign of life, and without one no source is blamed.
 */
@Injectable()
export class KafkaPresence {
  private verdicts: Verdict[] = [];
  private lastSign = Date.now();
  /** Until when Kafka, or the topic of a source, is known to have been unavailable. */
  private awayUntil = -Infinity;
  private readonly lostUntil = new Map<string, number>();

  constructor(@Inject(KafkaProbe) private readonly kafka: Pick<KafkaProbe, 'ping'>) {}

  /** Calls `whenPresent` unless Kafka was unavailable between the time `from` (milliseconds) and now. */
  judge(source: string, from: number, whenPresent: () => void): void {
    this.verdicts.push({ source, from, to: Date.now(), whenPresent });
  }

  /** A request could not be sent to the topic of a source. */
  lost(source: string): void {
    this.lostUntil.set(source, Date.now());
  }

  /** Kafka has shown a sign of life. */
  seen(): void {
    const now = Date.now();
    if (now - this.lastSign > awayAfterMs) this.awayUntil = now;
    this.lastSign = now;
  }

  /** Probes Kafka until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    this.lastSign = Date.now();
    await repeat(() => this.probe(), { everyMs: probeEveryMs, signal, onError: () => this.missed() });
  }

  private async probe(): Promise<void> {
    const asked = Date.now();
    await this.kafka.ping();
    this.seen();
    const due = this.verdicts.filter(({ to }) => to <= asked);
    this.verdicts = this.verdicts.filter(({ to }) => to > asked);
    for (const { source, from, whenPresent } of due)
      if (from > this.awayUntil && from > (this.lostUntil.get(source) ?? -Infinity)) whenPresent();
  }

  /** Verdicts that wait while Kafka is unavailable are dropped. */
  private missed(): void {
    if (Date.now() - this.lastSign > awayAfterMs) this.verdicts = [];
  }
}
