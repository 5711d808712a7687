import { Inject, Injectable } from '@nestjs/common';
import type { NonRetryableError, Received } from '#messaging';
import type { Logger } from '#platform';
import { InjectLogger, inParallel, isUnavailable } from '#platform';
import type { Addressees, SessionPage } from '#read-models';
import { BridgeMetrics } from '../common/metrics.ts';
import { IndexBehindError, IndexLag } from '../references/index-lag.ts';
import { SessionFinder } from '../references/session-finder.ts';
import { KeptUpdates } from '../updates/kept-updates.ts';
import { Ownership } from '../updates/ownership.ts';
import { InterruptedError, UpdateRecorder } from '../updates/recorder.ts';
import type { AboutUpdate, Update } from '../updates/update.ts';
import { DeclaredEvents } from './declared-events.ts';
import { readOrError, toWorkerError } from './errors.ts';
import { updateOf } from './update-of.ts';

/** An external update, the sessions that it concerns, and its id among the kept updates. */
export interface AddressedUpdate {
  readonly id: string;
  readonly update: Update;
  readonly addressees: Addressees;
  /** The first page of the sessions. */
  readonly page: SessionPage;
}

/** The effect of an update. */
interface Effect {
  /** How many sessions have recorded it. */
  readonly sessions: number;
  /** How many events were appended. */
  readonly appended: number;
}

/** Sessions of one update processed concurrently. */
const atOnce = 16;

/** Whether an error means that an update has to wait: a retry will succeed later. */
export function mustWait(error: unknown): boolean {
  return error instanceof IndexBehindError || error instanceof InterruptedError || isUnavailable(error);
}

/** The events of other systems that concern sessions. */
@Injectable()
export class ExternalUpdates {
  constructor(
    @Inject(DeclaredEvents) private readonly events: Pick<DeclaredEvents, 'read'>,
    @Inject(SessionFinder) private readonly sessions: Pick<SessionFinder, 'first' | 'next'>,
    @Inject(KeptUpdates) private readonly kept: Pick<KeptUpdates, 'keep' | 'markMatched'>,
    @Inject(Ownership) private readonly ownership: Pick<Ownership, 'addressees' | 'learn' | 'owners'>,
    @Inject(UpdateRecorder) private readonly recorder: Pick<UpdateRecorder, 'record'>,
    @Inject(IndexLag) private readonly lag: Pick<IndexLag, 'obstacle'>,
    @Inject(BridgeMetrics) private readonly metrics: Pick<BridgeMetrics, 'updateFailed'>,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** @throws IndexBehindError while no updates may be received */
  async ready(): Promise<void> {
    const obstacle = await this.lag.obstacle();
    if (obstacle !== null) throw obstacle;
  }

  /**
   * Reads and keeps the messages of a chunk, and then finds the first sessions that each concerns. The order matters:
   * a session that is not in the index yet finds the kept update when it is indexed.
   * @throws IndexBehindError
   */
  async address(messages: readonly Received[]): Promise<(AddressedUpdate | NonRetryableError)[]> {
    await this.ready();
    const read = messages.map((message) => readOrError(() => updateOf(this.events.read(message))));
    const addressed = await this.addressUpdates(read.filter((item) => 'update' in item));
    let next = 0;
    return read.map((item) => ('update' in item ? (addressed[next++] as AddressedUpdate) : item));
  }

  /**
   * Records an update once in every session that it concerns, however often it is called. A session that cannot take
   * it is counted, and does not affect others.
   * @throws the error of a session when none took it, a rejection as NonRetryableError; anything for which `mustWait`
   * holds
   */
  async record(
    { id, update, addressees, page: first }: AddressedUpdate,
    signal?: AbortSignal,
  ): Promise<Effect> {
    let failure: { readonly error: unknown } | undefined;
    let [sessions, appended] = [0, 0];
    for (let page: SessionPage | undefined = first; page; page = await this.sessions.next(addressees, page)) {
      const recordIn = async (sessionId: string): Promise<void> => {
        try {
          const recording = await this.recorder.record(sessionId, update);
          if (recording !== 'over') sessions += 1;
          if (recording === 'recorded') appended += 1;
        } catch (error) {
          if (isUnavailable(error)) throw error;
          failure ??= { error };
          this.reportFailure(error, sessionId);
        }
      };
      const before = sessions;
      await inParallel(page.sessions, atOnce, recordIn, signal);
      // Marked at once: after a crash the partner's next session must not begin with an update that this one has.
      if (before === 0 && sessions > 0) await this.kept.markMatched(id);
      if (signal?.aborted) throw new InterruptedError();
    }
    if (failure && sessions === 0) throw toWorkerError(failure.error);
    return { sessions, appended };
  }

  private reportFailure(err: unknown, session_id: string): void {
    this.metrics.updateFailed.inc();
    this.logger.error({ err, session_id }, 'update not recorded in session');
  }

  private async addressUpdates(updates: readonly AboutUpdate[]): Promise<AddressedUpdate[]> {
    await this.ownership.learn(updates);
    const abouts = updates.map(({ about }) => about);
    const owners = await this.ownership.owners(abouts);
    const ids = await this.kept.keep(updates, owners);
    const addressees = await this.ownership.addressees(abouts, owners);
    const pages = await this.sessions.first(addressees);
    return updates.map(({ update }, index) => ({
      id: ids[index] as string,
      update,
      addressees: addressees[index] as Addressees,
      page: pages[index] as SessionPage,
    }));
  }
}
