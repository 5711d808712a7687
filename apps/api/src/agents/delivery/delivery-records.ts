import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '#privacy';
import { viewOf } from '../../privacy/masking.ts';
import type { Reader } from '../../privacy/reads.ts';
import { readHour, Reads } from '../../privacy/reads.ts';

/** A session whose updates an instance is sent; an attachment is one. */
interface Delivered {
  readonly sessionId: string;
  readonly instance: string;
  /** Whose token opened the connection. */
  readonly caller?: Caller | undefined;
  /** Undefined: the session says. */
  readonly partnerId?: string;
}

/** Records that an instance is sent personal data: once per session, instance and hour, before the first update of the hour. */
@Injectable()
export class DeliveryRecords {
  /** The hour of the last record. Kept per attachment: even with very many of them there is no record per update. */
  private readonly hours = new WeakMap<Delivered, number>();

  constructor(@Inject(Reads) private readonly reads: Pick<Reads, 'isRecorded' | 'record'>) {}

  /** Whether the next update needs no record. */
  isRecorded(delivered: Delivered): boolean {
    const hour = readHour();
    if (this.hours.get(delivered) === hour) return true;
    const reader = whoReads(delivered);
    const isRecorded = reader === undefined || this.reads.isRecorded(reader, delivered.sessionId);
    if (isRecorded) this.hours.set(delivered, hour);
    return isRecorded;
  }

  /** @throws StoreUnavailableError: nothing may be delivered */
  async record(delivered: Delivered): Promise<void> {
    const reader = whoReads(delivered);
    if (reader === undefined || this.isRecorded(delivered)) return;
    const { sessionId: session_id, partnerId: partner_id } = delivered;
    const hour = readHour();
    const read = { ...reader, purpose: undefined, correlationId: randomUUID() };
    await this.reads.record(read, 'receive_updates', [{ session_id, partner_id }]);
    this.hours.set(delivered, hour);
  }
}

/** Undefined: nobody is known. */
function whoReads({ caller, instance }: Delivered): Pick<Reader, 'caller' | 'view'> | undefined {
  return caller && { caller: { ...caller, instance }, view: viewOf(caller, undefined) };
}
