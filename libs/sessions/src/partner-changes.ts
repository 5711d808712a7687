import type { AllStreamSubscription } from '@eventstore/db-client';
import { eventTypeFilter, START } from '@eventstore/db-client';
import { privacyEventTypes } from '#domain';
import { backOffMs, sleep } from '#platform';
import { PositionBeyondEndError } from './errors.ts';
import { checkWithinLog, isPassed } from './log-position.ts';
import { partnerOf } from './partner-memory.ts';
import type { EventStore } from './store.ts';

/** A request concerning a partner's data, or its completion; null: nothing up to the position. */
interface PartnerChange {
  readonly partner_id: string | null;
  readonly position: bigint;
}

interface FollowOptions {
  /** The position to start after; null: with the first event. */
  readonly after: bigint | null;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
  readonly onInterruption?: (error: unknown) => void;
}

const reconnects = { minMs: 100, maxMs: 5_000 };

/**
 * The partners whose erasure, restriction or legal hold changes, first the stored changes, then new ones. In a store
 * that was restored to a state before the position it starts from the beginning.
 */
export async function* partnerChanges(
  store: EventStore,
  options: FollowOptions,
): AsyncGenerator<PartnerChange> {
  const { signal } = options;
  let { after } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (after !== null) await checkWithinLog(store, after);
      for await (const change of subscribe(store, after, signal)) {
        after = change.position;
        failures = 0;
        yield change;
      }
    } catch (error) {
      if (error instanceof PositionBeyondEndError) after = null;
      if (!signal.aborted) options.onInterruption?.(error);
    }
    failures += 1;
    await sleep(backOffMs(failures, reconnects), signal);
  }
}

async function* subscribe(
  store: EventStore,
  after: bigint | null,
  signal: AbortSignal,
): AsyncGenerator<PartnerChange> {
  if (signal.aborted) return;
  const connection = store.connectionForSubscription();
  const release = connection.hold();
  let passed = after;
  const subscription: AllStreamSubscription = connection.client.subscribeToAll({
    fromPosition: after === null ? START : { commit: after, prepare: after },
    filter: eventTypeFilter({
      prefixes: [...privacyEventTypes],
      checkpointInterval: 32,
      checkpointReached: (_, position) => {
        if (isPassed(position)) passed = position.commit;
      },
    }),
  });
  const end = (): void => {
    subscription.destroy();
  };
  signal.addEventListener('abort', end);
  try {
    for await (const { event } of subscription) {
      if (event === undefined) continue;
      const partner_id = partnerOf(event.streamId);
      if (partner_id === undefined) continue;
      yield { partner_id, position: event.position.commit };
      passed = event.position.commit;
    }
    if (passed !== null) yield { partner_id: null, position: passed };
  } finally {
    signal.removeEventListener('abort', end);
    subscription.on('error', () => undefined);
    subscription.unsubscribe().catch(() => undefined);
    subscription.destroy();
    release();
  }
}
