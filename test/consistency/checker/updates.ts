import type { HandledEntry, StoredEvent } from '../common/history.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';
import { isAgentEvent } from './fold.ts';

/**
 * Each update reaches a live owner, in order, not twice within one process, and no command of a stale epoch is
 * accepted.
 */
export function checkUpdates({ sessions, alive }: Evidence, findings: Findings): void {
  for (const session of sessions) {
    checkEpochs(session, findings);
    for (const [instance, handled] of groupBy(session.handled, (entry) => entry.instance))
      checkInstance(session, instance, handled, findings);
    checkAcknowledged(session, findings);
    checkDelivered(session, alive, findings);
  }
}

/** An event with an epoch is in the stream only while that epoch owns the session. */
function checkEpochs(session: SessionEvidence, findings: Findings): void {
  for (const { type, data, metadata, revision } of session.events) {
    const owner = stateAt(session, revision - 1)?.owner;
    if (owner === undefined) continue;
    const where = `${type} at ${revision} of ${session.session_id}`;
    if (type === 'AgentAttached' && data['epoch'] !== owner.epoch + 1)
      findings.add('epoch_order', `${where}: ${String(data['epoch'])} after ${owner.epoch}`);
    const carried =
      type === 'UpdateAcknowledged' || type === 'AgentDetached' ? data['epoch'] : metadata['agent_epoch'];
    if (carried !== undefined && (owner.instance === null || carried !== owner.epoch))
      findings.add(
        'stale_epoch_accepted',
        `${where} is of epoch ${JSON.stringify(carried)}, the owner's is ${owner.epoch}`,
      );
  }
}

/** A process gets each update once and in order, and none that was acknowledged before it got the session. */
function checkInstance(
  session: SessionEvidence,
  instance: string,
  handled: readonly HandledEntry[],
  findings: Findings,
): void {
  const where = `${instance} in ${session.session_id}`;
  const acknowledged = session.events
    .filter(({ type, data }) => type === 'AgentAttached' && data['instance'] === instance)
    .map(({ revision }) => stateAt(session, revision)?.owner.acknowledged ?? -1);
  const first = Math.min(...acknowledged);
  let last = -1;
  for (const { revision, event_type } of handled.toSorted((a, b) => a.end - b.end)) {
    if (revision === last) findings.add('update_twice', `${where}: ${revision}`);
    else if (revision < last) findings.add('update_out_of_order', `${where}: ${revision} after ${last}`);
    if (revision <= first)
      findings.add('update_after_acknowledgement', `${where}: ${revision}, known up to ${first}`);
    if (session.events[revision]?.type !== event_type) findings.add('update_wrong', `${where}: ${revision}`);
    last = Math.max(last, revision);
  }
}

/** An acknowledged update was handled by the instance that acknowledged it. */
function checkAcknowledged(session: SessionEvidence, findings: Findings): void {
  const handled = new Set(session.handled.map(({ instance, revision }) => `${instance}/${revision}`));
  for (const { type, data, revision } of session.events) {
    if (type !== 'UpdateAcknowledged') continue;
    for (const update of data['updates'] as { revision: number }[])
      if (!handled.has(`${String(data['instance'])}/${update.revision}`))
        findings.add('acknowledged_unhandled', `${update.revision} of ${session.session_id}, at ${revision}`);
  }
}

/** If the session's last owner is alive, each update since the first attach was handled by one of the owners. */
function checkDelivered(session: SessionEvidence, alive: ReadonlySet<string>, findings: Findings): void {
  const attached = session.events.filter(({ type }) => type === 'AgentAttached');
  const [first] = attached;
  const owner = ownerAtEnd(session);
  if (first === undefined || owner === null || !alive.has(owner) || isCutShort(session)) return;
  const instances = new Set(attached.map(({ data }) => data['instance']));
  const handled = new Set(session.handled.map(({ revision }) => revision));
  const since = stateAt(session, first.revision)?.owner.acknowledged ?? first.revision;
  for (const event of session.events.slice(since + 1))
    if (isUpdate(event, instances) && !handled.has(event.revision))
      findings.add(
        'update_lost',
        `${event.type} at ${event.revision} of ${session.session_id}, owner ${owner}`,
      );
}

/** Whether a session was erased while it was active: its remaining updates need not reach any agent. */
function isCutShort({ events, states }: SessionEvidence): boolean {
  const erased = events.findIndex(({ type }) => type === 'SessionErased');
  return erased >= 0 && states[erased]?.status === 'active';
}

/** The owner of the session at its end, or at the end of the run. */
function ownerAtEnd(session: SessionEvidence): string | null {
  const over = session.events.find(({ type }) => type === 'SessionEnded' || type === 'SessionExpired');
  return stateAt(session, over?.revision ?? session.events.length - 1)?.owner.instance ?? null;
}

/** Whether every owner has to receive an event, because none of them caused it. */
function isUpdate({ type, metadata }: StoredEvent, instances: ReadonlySet<unknown>): boolean {
  const { id } = metadata['actor'] as { id: string };
  return (
    type !== 'SessionErased' &&
    !isAgentEvent(type) &&
    !instances.has(id) &&
    metadata['agent_epoch'] === undefined
  );
}
