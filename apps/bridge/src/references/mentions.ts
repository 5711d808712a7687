import type { EventStore } from '#sessions';
import { readEvents } from '#sessions';
import type { Mention } from './changes.ts';
import { changeOf, mergeChanges } from './changes.ts';

/** All references that a session's events mention. @throws StoreUnavailableError, UnprojectableEventError */
export async function mentionsOf(store: EventStore, session_id: string): Promise<readonly Mention[]> {
  const changes = [];
  for await (const event of readEvents(store, session_id)) {
    const change = changeOf({ kind: 'event', session_id, event, position: BigInt(event.revision) });
    if (change !== undefined) changes.push(change);
  }
  return mergeChanges(changes).mentions;
}
