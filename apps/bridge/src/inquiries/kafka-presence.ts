import { Inject, Injectable } from '@nestjs/common';
import { KafkaProbe } from '#messaging';
import { repeat } from '#platform';

const probeEveryMs = 1_000;

interface Verdict {
  readonly source: string;
  /** What is judged happened between these times (milliseconds). */
  readonly from: number;
  readonly to: number;
  readonly whenPresent: () => void;
}

/**
 * Whether Kafka was there while a source was silent. Only afterwards is that known: a verdict waits for the next sign of
 * life, and without one nobody is blamed.
 */
@Injectable()
export class KafkaPresence {
  private verdicts: Verdict[] = [];
  /** Until when Kafka is known to have been away; for a source: its topic. */
  private awayUntil = -Infinity;
  private readonly lostUntil = new Map<string, number>();
  private isAway = false;

  constructor(@Inject(KafkaProbe) private readonly kafka: Pick<KafkaProbe, 'ping'>) {}

  /** Calls `whenPresent` unless Kafka was away between the time `from` (milliseconds) and now. */
  judge(source: string, from: number, whenPresent: () => void): void {
    this.verdicts.push({ source, from, to: Date.now(), whenPresent });
  }

  /** A request could not be sent to the topic of a source. */
  lost(source: string): void {
    this.lostUntil.set(source, Date.now());
  }

  /** Looks for signs of life until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await repeat(() => this.probe(), { everyMs: probeEveryMs, signal, onError: () => this.missed() });
  }

  private async probe(): Promise<void> {
    const asked = Date.now();
    await this.kafka.ping();
    if (this.isAway) this.awayUntil = Date.now();
    this.isAway = false;
    const due = this.verdicts.filter(({ to }) => to <= asked);
    this.verdicts = this.verdicts.filter(({ to }) => to > asked);
    for (const { source, from, whenPresent } of due)
      if (from > this.awayUntil && from > (this.lostUntil.get(source) ?? -Infinity)) whenPresent();
  }

  private missed(): void {
    this.isAway = true;
    this.verdicts = [];
  }
}
