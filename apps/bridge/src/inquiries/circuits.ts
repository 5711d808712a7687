import { Inject, Injectable } from '@nestjs/common';
import type { InquiryEvent } from '#domain';
import { BridgeConfig } from '../common/config.ts';
import { Circuit } from './circuit.ts';

/** A circuit for each source, driven by the inquiries of all sessions. */
@Injectable()
export class Circuits {
  private readonly circuits = new Map<string, Circuit>();

  constructor(@Inject(BridgeConfig) private readonly config: Pick<BridgeConfig, 'circuit'>) {}

  /** The sources that are not asked for the moment. */
  get open(): string[] {
    return [...this.circuits].filter(([, circuit]) => circuit.isOpen).map(([source]) => source);
  }

  allows(source: string, now: number): boolean {
    return this.of(source).allows(now);
  }

  /** Counts an answer, a failure that the source reported, or no reply until the deadline. */
  watch(event: InquiryEvent, now: number): void {
    if (event.type === 'InquiryAnswered') this.of(event.data.source).succeeded(now);
    if (event.type === 'InquiryFailed' && event.data.reply_id !== null)
      this.of(event.data.source).failed(now);
    if (event.type === 'InquiryClosed' && event.data.cause === 'deadline')
      for (const source of event.data.unanswered) this.of(source).failed(now);
  }

  private of(source: string): Circuit {
    const known = this.circuits.get(source) ?? new Circuit(this.config.circuit);
    this.circuits.set(source, known);
    return known;
  }
}
