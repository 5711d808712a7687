import { Inject, Injectable } from '@nestjs/common';
import type { InquiryEvent } from '#domain';
import { BridgeConfig } from '../common/config.ts';
import { Circuit } from './circuit.ts';
import { KafkaPresence } from './kafka-presence.ts';
import type { Due } from './open-inquiries.ts';

/**
 * A circuit for each source, driven by the inquiries of all sessions: every instance counts the same events. An
 * answer, or a non-retryable failure, shows that the source is alive.
 */
@Injectable()
export class Circuits {
  private readonly circuits = new Map<string, Circuit>();

  constructor(
    @Inject(BridgeConfig) private readonly config: Pick<BridgeConfig, 'circuit'>,
    @Inject(KafkaPresence) private readonly kafka: Pick<KafkaPresence, 'judge' | 'seen'>,
  ) {}

  /** The sources that are currently not asked. */
  get open(): string[] {
    return [...this.circuits].filter(([, circuit]) => circuit.isOpen).map(([source]) => source);
  }

  allows(source: string, now: number): boolean {
    return this.of(source).allows(now);
  }

  /**
   * Counts the results of sources in an event.
   * @param at when it happened (milliseconds)
   * @param due the requests of its inquiry that had no reply before, by source
   */
  watch(event: InquiryEvent, at: number, due: ReadonlyMap<string, Due> | undefined): void {
    if (event.type === 'InquiryAnswered') {
      this.kafka.seen();
      this.of(event.data.source).succeeded(at);
    }
    if (event.type === 'InquiryFailed' && event.data.reply_id !== null) {
      this.kafka.seen();
      const { source, retry, retryable = retry !== null } = event.data;
      if (retryable) this.of(source).failed(at);
      else this.of(source).succeeded(at);
    }
    if (event.type === 'InquiryClosed')
      for (const source of event.data.silent ?? [])
        this.kafka.judge(source, due?.get(source)?.at ?? at, () => this.of(source).failed(Date.now()));
  }

  private of(source: string): Circuit {
    const known = this.circuits.get(source) ?? new Circuit(this.config.circuit);
    this.circuits.set(source, known);
    return known;
  }
}
