import type { ArrivePartner, MovePartner, SessionCommand } from '#domain';
import { elsewhere, newSession } from '#domain';
import { inParallel, waitUntil } from '#platform';
import { announcePartner, copyNoted, projectedUntil, sessionsBefore } from '#read-models';
import {
  CommandExecutor,
  commandPartner,
  CommandRejectedError,
  foldStream,
  knownSessions,
  readPartner,
  sessionStream,
  uncached,
  UnprojectableEventError,
} from '#sessions';
import type { CellDirectory, PartnerMove } from '../directory.ts';
import { noteArrival } from './arrivals.ts';
import { clean } from './clean.ts';
import { copyStream, digestOf } from './copy-stream.ts';
import { copyPartner, expectPartner } from './copy-partner.ts';
import { NotMovableError } from './errors.ts';
import { copyKey } from './keys.ts';
import type { CellServices } from './services.ts';

/** Called before each step: specs end there as a crash would. */
export type MoveStep =
  | 'expect'
  | 'key'
  | 'fence_partner'
  | 'fence_sessions'
  | 'copy_sessions'
  | 'verify'
  | 'copy_partner'
  | 'decide'
  | 'sessions_arrive'
  | 'partner_arrives'
  | 'switch'
  | 'clean'
  | 'finish';

type OnStep = (step: MoveStep) => void | Promise<void>;

/** A fenced session: nothing follows its last event in this cell. */
interface Fenced {
  readonly session_id: string;
  readonly revision: number;
}

const atOnce = 8;
const projectedMs = 60_000;
const farFuture = 'infinity';
const actor = { role: 'system', id: 'cells' } as const;

/**
 * Moves a partner with all sessions from one cell to another. Each step is idempotent and only the phase is recorded:
 * after a crash, the process that continues repeats all steps of the phase.
 * @throws NotMovableError; or another error when a service does not answer: call it again
 */
export async function movePartner(
  directory: CellDirectory,
  move: PartnerMove,
  [from, to]: readonly [CellServices, CellServices],
  onStep: OnStep = () => undefined,
): Promise<void> {
  const { partner_id, move_id } = move;
  if (move.phase === 'returning') throw new NotMovableError('The move was cancelled: abort it to the end.');
  if (move.phase === 'copying') await copyAll(directory, move, [from, to], onStep);
  if (move.phase !== 'cleaning') {
    await onStep('decide');
    if (!(await directory.advance(move, 'copying', 'arriving')))
      throw new NotMovableError('The move has ended, or was cancelled.');
    await onStep('sessions_arrive');
    await arrive(move, from, to);
    await copyNoted(from.pool, to.pool, partner_id);
    await onStep('partner_arrives');
    await command(to, { type: 'ArrivePartner', partner_id, move_id, cell: to.name });
    await onStep('switch');
    await directory.advance(move, 'arriving', 'cleaning');
  }
  await onStep('clean');
  if (await directory.advance(move, 'cleaning', 'cleaning')) await clean(from, move);
  await onStep('finish');
  await directory.finish(partner_id, move_id);
}

/** The part that can be aborted: the other cell accepts no commands yet. */
async function copyAll(
  directory: CellDirectory,
  move: PartnerMove,
  [from, to]: readonly [CellServices, CellServices],
  onStep: OnStep,
): Promise<void> {
  const { partner_id, move_id } = move;
  if (!(await directory.advance(move, 'copying', 'copying')))
    throw new NotMovableError('The move has ended, or was cancelled.');
  await checkReadable(from, partner_id);
  await onStep('expect');
  await noteArrival(to.pool, move);
  await expectPartner(to, move);
  await onStep('key');
  await copyKey(partner_id, from, to);
  await onStep('fence_partner');
  await command(from, { type: 'MovePartner', partner_id, move_id, from: move.from, to: move.to });
  await onStep('fence_sessions');
  const fenced = await fenceSessions(from, move);
  await onStep('copy_sessions');
  await copySessions(fenced, from, to);
  await onStep('verify');
  await verify(fenced, from, to);
  await onStep('copy_partner');
  await copyPartner(move, from, to);
}

/**
 * Aborts a move as long as nothing has arrived: the partner accepts commands where it was. It is fenced there once more and then
 * released, whatever was done before, so that a delayed mover cannot fence it afterwards.
 * @throws NotMovableError when the other cell already accepts commands
 */
export async function abortMove(
  directory: CellDirectory,
  move: PartnerMove,
  [from, to]: readonly [CellServices, CellServices],
): Promise<void> {
  const { partner_id, move_id } = move;
  if (!(await directory.advance(move, 'copying', 'returning')))
    throw new NotMovableError('The partner is in the other cell already: let the move end.');
  const { state } = await readPartner(from.store, partner_id);
  if (state.home?.moved_by !== move_id || state.home.leaving !== undefined) {
    await command(from, { type: 'MovePartner', partner_id, move_id, from: move.from, to: move.to });
    await inParallel(await sessionsOf(from, partner_id), atOnce, (id) => returnSession(id, move, from, to));
    await command(from, { type: 'ArrivePartner', partner_id, move_id, cell: from.name });
  }
  if ((await readPartner(to.store, partner_id)).revision >= 0) await copyPartner(move, from, to);
  await clean(to, move);
  await directory.finish(partner_id, move_id);
}

/**
 * Releases a session, and updates its copy in the other cell, so that it says where the session is. Leaves out an unreadable
 * session, which accepts no commands, fenced or not.
 */
async function returnSession(
  session_id: string,
  move: PartnerMove,
  from: CellServices,
  to: CellServices,
): Promise<void> {
  try {
    if ((await fenceSession(from, session_id, move)) === undefined && !(await isHere(from, session_id)))
      return;
    const arrival = { type: 'ArriveSession', move_id: move.move_id, cell: from.name } as const;
    const revision = await commandSession(from, session_id, arrival);
    const stream = sessionStream(session_id);
    if ((await to.store.readLast(stream)) !== undefined)
      await copyStream(stream, revision, from.store, to.store);
  } catch (error) {
    if (!(error instanceof UnprojectableEventError)) throw error;
  }
}

async function isHere({ store }: CellServices, sessionId: string): Promise<boolean> {
  const { state, revision } = await foldStream(store, newSession(sessionId));
  return revision >= 0 && elsewhere(state.session.home, store.cell) === undefined;
}

/** A session with an unreadable event could not be fenced, so the partner is not fenced either. @throws NotMovableError */
async function checkReadable({ store, pool }: CellServices, partnerId: string): Promise<void> {
  const ids = await idsOf({ store, pool }, partnerId);
  await inParallel(ids, atOnce, async (session_id) => {
    try {
      await foldStream(store, newSession(session_id));
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
      throw new NotMovableError(`Session ${session_id} has an event that cannot be read.`);
    }
  });
}

/** All sessions of a partner that starts no more: waits until the table is up to date, by the clock of its database. */
async function sessionsOf(cell: CellServices, partnerId: string): Promise<ReadonlySet<string>> {
  const { rows } = await cell.pool.query<{ now: Date }>('SELECT now() AS now');
  const since = rows[0]?.now.toISOString() ?? '';
  const isSeen = async (): Promise<boolean> => ((await projectedUntil(cell.pool)) ?? '') >= since;
  await waitUntil(isSeen, { timeoutMs: projectedMs, everyMs: 50, what: 'the projectors' });
  return idsOf(cell, partnerId);
}

/** The sessions in the table, and recently named ones, which only the partner's stream has. */
async function idsOf(
  { store, pool }: Pick<CellServices, 'store' | 'pool'>,
  partnerId: string,
): Promise<ReadonlySet<string>> {
  const [known, projected] = await Promise.all([
    knownSessions(store, partnerId),
    sessionsBefore(pool, partnerId, farFuture),
  ]);
  return new Set([...known, ...projected]);
}

/** Fences all sessions of the partner. */
async function fenceSessions(cell: CellServices, move: PartnerMove): Promise<Fenced[]> {
  const fenced: Fenced[] = [];
  await inParallel(await sessionsOf(cell, move.partner_id), atOnce, async (session_id) => {
    const revision = await fenceSession(cell, session_id, move);
    if (revision !== undefined) fenced.push({ session_id, revision });
  });
  return fenced;
}

/** @returns its last revision; undefined: it accepts no commands here, was deleted, or has left by another move */
async function fenceSession(
  cell: CellServices,
  session_id: string,
  { move_id, from, to }: PartnerMove,
): Promise<number | undefined> {
  const stream = sessionStream(session_id);
  const last = await cell.store.readLast(stream);
  if (last === undefined && (await cell.store.wasDeleted(stream))) return undefined;
  try {
    return await commandSession(cell, session_id, { type: 'MoveSession', move_id, from, to });
  } catch (error) {
    if (!(error instanceof CommandRejectedError && error.rejection.code === 'session_elsewhere')) throw error;
    return undefined;
  }
}

async function copySessions(fenced: readonly Fenced[], from: CellServices, to: CellServices): Promise<void> {
  await inParallel(fenced, atOnce, ({ session_id, revision }) =>
    copyStream(sessionStream(session_id), revision, from.store, to.store),
  );
}

/** @throws NotMovableError also when a process without support for moves has appended to a session after the fence */
async function verify(fenced: readonly Fenced[], from: CellServices, to: CellServices): Promise<void> {
  await inParallel(fenced, atOnce, async ({ session_id, revision }) => {
    const stream = sessionStream(session_id);
    const [own, copied] = await Promise.all([
      digestOf(from.store, stream, revision),
      digestOf(to.store, stream, revision),
    ]);
    if (own !== copied) throw new NotMovableError(`The copy of ${stream} differs.`);
    if (Number((await from.store.readLast(stream))?.revision) !== revision)
      throw new NotMovableError(
        `${stream} was written to after it was stopped: an old process runs in ${from.name}.`,
      );
  });
}

/** Moves sessions that the old cell has learned of since, such as started forks, like the others. */
async function arrive(move: PartnerMove, from: CellServices, to: CellServices): Promise<void> {
  const fenced = await fenceSessions(from, move);
  await copySessions(fenced, from, to);
  await verify(fenced, from, to);
  // What was read here before the key came back lacks what it sealed.
  await to.contexts.delete(fenced.map(({ session_id }) => session_id));
  announcePartner(to.redis, move.partner_id);
  await inParallel(fenced, atOnce, async ({ session_id }) => {
    await commandSession(to, session_id, { type: 'ArriveSession', move_id: move.move_id, cell: to.name });
  });
}

async function commandSession(
  { store }: CellServices,
  sessionId: string,
  item: SessionCommand,
): Promise<number> {
  const executor = new CommandExecutor(store, uncached);
  const request = { sessionId, commands: [item], actor, commandIds: [], body: {} };
  return (await executor.execute(request)).revision;
}

async function command({ store }: CellServices, item: MovePartner | ArrivePartner): Promise<void> {
  await commandPartner(store, item, { actor, $correlationId: item.move_id });
}
