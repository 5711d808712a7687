import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isPartnerId } from '#domain';
import type { Caller } from '#privacy';
import { visiblePattern } from '#privacy';
import type { Logger } from '#platform';
import { expiringCache, InjectLogger } from '#platform';
import { AccessLog, EventStore, readRawEvents } from '#sessions';
import { callerOf } from '../access/current-caller.ts';
import type { View } from './masking.ts';
import { isKnown, purposeMissing, purposeOf, viewOf } from './masking.ts';

/** A session whose data an answer shows, and its partner; undefined: the answer does not name the partner. */
export interface ShownSession {
  readonly session_id: string;
  readonly partner_id?: string | undefined;
}

/** A reader and its view of personal data. */
export interface Reader {
  readonly caller: Caller;
  readonly view: View;
  readonly purpose: string | undefined;
  readonly correlationId: string;
}

const hourMs = 3_600_000;
/** Reads of agents and services for which this node remembers the record. */
const remembered = 50_000;

/** The caller of a request, and how it sees personal data. @throws ProblemError `validation_failed` */
export function readerOf(request: FastifyRequest): Reader {
  const caller = callerOf(request);
  const purpose = purposeOf(request);
  const given = request.headers['correlation-id'];
  const correlationId = typeof given === 'string' && visiblePattern.test(given) ? given : request.id;
  return { caller, view: viewOf(caller, purpose), purpose, correlationId };
}

/** Records unmasked reads before the answer is sent. */
@Injectable()
export class Reads {
  /**
   * By session, reader and hour: whether the record of a read by an agent or a service is stored, or the promise of
   * it.
   */
  private readonly own = expiringCache<Promise<void> | true>({ max: remembered, ttl: hourMs });

  constructor(
    private readonly log: AccessLog,
    private readonly store: EventStore,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Whether a read of a session already has its record. */
  isRecorded({ caller, view }: Pick<Reader, 'caller' | 'view'>, sessionId: string): boolean {
    if (view === 'masked' || !isKnown(caller)) return true;
    return view === 'own' && this.own.get(onceOf(caller, sessionId)) === true;
  }

  /**
   * Resolves when the read is recorded: each read of auditors and administrators, and for agents and services one per
   * session, instance and hour.
   * @throws StoreUnavailableError: nothing may be shown
   */
  async record(reader: Reader, action: string, shown: readonly ShownSession[]): Promise<void> {
    const missing = shown.filter(({ session_id }) => !this.isRecorded(reader, session_id));
    if (missing.length === 0) return;
    if (reader.view === 'unmasked') return this.add(reader, action, missing);
    await Promise.all(missing.map((item) => this.recordOwn(reader, action, item)));
  }

  /**
   * Records a search by a value by auditors and administrators: even a search without results reveals something.
   * @throws ProblemError `validation_failed` without a purpose; StoreUnavailableError: the search must not run
   */
  async recordSearch(reader: Reader, action: string, partnerId: string | undefined): Promise<void> {
    const { caller, view, purpose, correlationId } = reader;
    if (view === 'masked') throw purposeMissing();
    if (view === 'own') return;
    const partner_ids = isPartnerId(partnerId) ? [partnerId] : [];
    await this.log.record({ caller, action, partner_ids, session_ids: [], purpose, correlationId });
  }

  private async recordOwn(reader: Reader, action: string, session: ShownSession): Promise<void> {
    const once = onceOf(reader.caller, session.session_id);
    const recorded = this.own.get(once) ?? this.add(reader, action, [session], once);
    this.own.set(once, recorded);
    try {
      await recorded;
      this.own.set(once, true);
    } catch (error) {
      this.own.delete(once);
      throw error;
    }
  }

  /** Records an action of a caller on a session. The action is already stored, so nothing waits for the record. */
  recordAct(caller: Caller, action: string, session_id: string, what: string): void {
    if (!isKnown(caller)) return;
    const record = async (): Promise<void> => {
      const owner = await this.ownerOf({ session_id });
      const partner_ids = owner === undefined ? [] : [owner];
      await this.log.record({ isAct: true, caller, action, partner_ids, session_ids: [session_id], what });
    };
    record().catch((err: unknown) =>
      this.logger.warn({ err, action, session_id }, 'an action is not recorded'),
    );
  }

  private async add(
    { caller, purpose, correlationId }: Reader,
    action: string,
    shown: readonly ShownSession[],
    once?: string,
  ): Promise<void> {
    const partners = await Promise.all(
      shown.map(async (item) => item.partner_id ?? (await this.ownerOf(item))),
    );
    const whose = {
      partner_ids: [...new Set(partners.filter((id) => id !== undefined))],
      session_ids: shown.map(({ session_id }) => session_id),
      session_partners: partners.map((id) => id ?? null),
    };
    await this.log.record({ caller, action, ...whose, purpose, correlationId, once });
  }

  /** Determined by the first event that the session still has. */
  private async ownerOf({ session_id }: ShownSession): Promise<string | undefined> {
    const [first] = await Array.fromAsync(readRawEvents(this.store, session_id, { limit: 1 }));
    return first && ownerIn(first);
  }
}

/** The hour, of which one record of what agents and services read of a session tells. */
export function readHour(): number {
  return Math.floor(Date.now() / hourMs);
}

function onceOf({ subject, instance }: Caller, sessionId: string): string {
  return `${sessionId} ${readHour()} ${instance ?? ''} ${subject}`;
}

/** The partner that an event names. */
export function ownerIn({ data, metadata }: { data: object; metadata: object }): string | undefined {
  const named = [data, metadata].map((fields) => (fields as { partner_id?: unknown }).partner_id);
  return named.find((id) => typeof id === 'string');
}
