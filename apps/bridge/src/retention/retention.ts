import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { inParallel } from '#platform';
import type { RetentionConfig } from '#privacy';
import type { OldSession } from '#read-models';
import {
  accessDays,
  archiveTurns,
  dropOldPartitions,
  forgetAccessOf,
  forgetNoted,
  notePartners,
  oldPartners,
  oldSessions,
} from '#read-models';
import type { EventStore, HistorySigner, Partner, RetentionRun } from '#sessions';
import {
  accessStream,
  forgetMemory,
  partnerStream,
  readPartner,
  recordRemoval,
  recordRetentionRun,
  sessionStream,
  UnprojectableEventError,
} from '#sessions';

export type RetentionPolicy = Pick<
  RetentionConfig,
  'sessionsDays' | 'partnersDays' | 'accessDays' | 'floorDays'
> &
  Partial<Pick<RetentionConfig, 'archiveDir'>>;

interface RetentionPorts {
  readonly store: EventStore;
  readonly pool: Pool;
  readonly policy: RetentionPolicy;
  /** False: only lists what would be deleted. */
  readonly apply: boolean;
  /** Signs the records of removals. */
  readonly signer: HistorySigner | undefined;
  readonly signal?: AbortSignal;
  readonly now?: Date;
  /**
   * Receives the reason why partitions could not be dropped: their rows are deleted one by one, or in the next run.
   */
  readonly onPartitionsKept?: (error: unknown) => void;
}

const batch = 200;
/** Sessions whose turns are archived in the same files. */
const archiveBatch = 2_000;
const atOnce = 4;
const dayMs = 86_400_000;

/**
 * Deletes data older than the policy says: the streams first; rows, contexts and indexes follow them, as with any
 * deletion. Partners on legal hold and restricted partners are left out.
 */
export async function runRetention({
  store,
  pool,
  policy,
  apply,
  signer,
  signal,
  now = new Date(),
  onPartitionsKept = () => undefined,
}: RetentionPorts): Promise<RetentionRun> {
  const started_at = now.toISOString();
  const before = {
    sessions: cutoff(now, policy.sessionsDays, policy.floorDays),
    partners: cutoff(now, policy.partnersDays, policy.floorDays),
    access: cutoff(now, policy.accessDays, policy.floorDays),
  };
  const ports = { store, pool, apply, signer, signal, onPartitionsKept };
  const archive = policy.archiveDir
    ? { dir: policy.archiveDir, name: started_at.replaceAll(':', '-') }
    : null;
  const sessions = before.sessions === null ? 0 : await deleteSessions(ports, before.sessions, archive);
  const partners = before.partners === null ? 0 : await deletePartners(ports, before.partners);
  const access_days = before.access === null ? 0 : await deleteAccessLogs(ports, before.access);
  const deleted = { sessions, partners, access_days };
  const run = { started_at, finished_at: new Date().toISOString(), before, deleted };
  if (apply) await recordRetentionRun(store, run);
  return run;
}

type Ports = Pick<RetentionPorts, 'store' | 'pool' | 'apply' | 'signer'> & {
  readonly signal: AbortSignal | undefined;
  readonly onPartitionsKept: (error: unknown) => void;
};

/** The time before which data are deleted, at least the retention floor ago; null: nothing is deleted. */
function cutoff(now: Date, days: number, floorDays: number): string | null {
  return days === 0 ? null : new Date(now.getTime() - Math.max(days, floorDays) * dayMs).toISOString();
}

interface Archive {
  readonly dir: string;
  readonly name: string;
}

async function deleteSessions(
  { store, pool, apply, signer, signal, onPartitionsKept }: Ports,
  before: string,
  archive: Archive | null,
): Promise<number> {
  const size = archive ? archiveBatch : batch;
  const keptPartners = new Set<string>();
  const deleted: string[] = [];
  let listed = 0;
  let last: OldSession | undefined;
  for (let part = 1; ; part += 1) {
    if (signal?.aborted) return apply ? deleted.length : listed;
    const old = await oldSessions(pool, before, last, size);
    const sessions = await unprotected(store, old, keptPartners);
    if (apply && sessions.length > 0) {
      const ids = sessions.map(({ session_id }) => session_id);
      if (archive) await archiveTurns(pool, archive.dir, `${archive.name}-${part}`, ids);
      await notePartners(pool, sessions);
      await inParallel(sessions, atOnce, async ({ session_id, partner_id }) => {
        // The page is long: a hold may have been placed since it was read.
        if (await isProtected(store, partner_id)) return;
        const last = await recordRemoval(store, session_id, { reason: 'retention', signer });
        // A session that grows meanwhile is not over, and is left for a later run.
        if (last < 0 || (await store.deleteStream(sessionStream(session_id), last))) deleted.push(session_id);
      });
    }
    listed += sessions.length;
    last = old.at(-1);
    if (old.length < size) break;
  }
  if (apply) await dropOldPartitions(pool, before, deleted).catch(onPartitionsKept);
  return apply ? deleted.length : listed;
}

/** The partner by its stream; undefined: that cannot be read, so nothing of the partner is deleted. */
async function readable(store: EventStore, partnerId: string): Promise<Partner | undefined> {
  try {
    return await readPartner(store, partnerId);
  } catch (error) {
    if (error instanceof UnprojectableEventError) return undefined;
    throw error;
  }
}

async function isProtected(store: EventStore, partnerId: string): Promise<boolean> {
  const partner = await readable(store, partnerId);
  const { hold, erasure } = partner?.state.privacy ?? {};
  return partner === undefined || hold !== undefined || erasure !== undefined;
}

/** Leaves out sessions of partners on hold or restricted. The streams decide, since the table may lag behind. */
async function unprotected(
  store: EventStore,
  sessions: readonly OldSession[],
  kept: Set<string>,
): Promise<OldSession[]> {
  await inParallel([...new Set(sessions.map(({ partner_id }) => partner_id))], atOnce, async (partnerId) => {
    if (await isProtected(store, partnerId)) kept.add(partnerId);
  });
  return sessions.filter(({ partner_id }) => !kept.has(partner_id));
}

/** Deletes the memory of partners, by the time of the last event in the partner's stream. */
async function deletePartners({ store, pool, apply, signal }: Ports, before: string): Promise<number> {
  let count = 0;
  let last = '';
  for (;;) {
    if (signal?.aborted) break;
    const partners = await oldPartners(pool, before, last, batch);
    const done: string[] = [];
    await inParallel(partners, atOnce, async (partnerId) => {
      const outcome = await forget(store, partnerId, before, apply);
      if (outcome === 'kept') return;
      if (outcome === 'forgotten') count += 1;
      done.push(partnerId);
    });
    if (apply) await forgetNoted(pool, done);
    if (partners.length < batch) break;
    last = partners.at(-1) ?? '';
  }
  return count;
}

/** Deletes the memory of a partner. A stream that grows meanwhile, by a hold or a session, is kept. */
async function forget(
  store: EventStore,
  partner_id: string,
  before: string,
  apply: boolean,
): Promise<'kept' | 'nothing' | 'forgotten'> {
  const stream = partnerStream(partner_id);
  const stored = await store.readLast(stream);
  if (stored === undefined) return 'nothing';
  const partner = await readable(store, partner_id);
  const { hold, erasure, receipt } = partner?.state.privacy ?? {};
  if (partner === undefined || hold || erasure) return 'kept';
  if (receipt !== undefined && partner.state.last_session_id === null) {
    if (apply) await forgetMemory(store, partner, context());
    return 'nothing';
  }
  if (stored.created.toISOString() >= before || Number(stored.revision) !== partner.revision) return 'kept';
  if (!apply) return 'forgotten';
  const isDone =
    receipt === undefined
      ? await store.deleteStream(stream, partner.revision)
      : await forgetMemory(store, partner, context());
  return isDone ? 'forgotten' : 'kept';
}

function context(): Parameters<typeof forgetMemory>[2] {
  return { actor: { role: 'system', id: 'retention' }, $correlationId: randomUUID() };
}

/**
 * Deletes the streams of past days, one for each day, as the rows name them; the rows are deleted after their stream.
 */
async function deleteAccessLogs({ store, pool, apply, signal }: Ports, before: string): Promise<number> {
  let count = 0;
  for (const day of await accessDays(pool, before.slice(0, 10))) {
    if (signal?.aborted) break;
    const stream = accessStream(new Date(day));
    const isThere = (await store.readLast(stream)) !== undefined;
    if (isThere) count += 1;
    if (isThere && apply) await store.deleteStream(stream);
    if (apply) await forgetAccessOf(pool, day);
  }
  return count;
}
