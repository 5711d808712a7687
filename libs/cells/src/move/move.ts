import type { ArrivePartner, MovePartner, SessionCommand } from '#domain';
import { inParallel, waitUntil } from '#platform';
import { eraseRows, projectedUntil, sessionsBefore } from '#read-models';
import {
  CommandExecutor,
  commandPartner,
  knownSessions,
  readPartner,
  sessionStream,
  uncached,
} from '#sessions';
import type { CellDirectory, PartnerMove } from '../directory.ts';
import { copyStream, digestOf } from './copy-stream.ts';
import { copyPartner, expectPartner } from './copy-partner.ts';
import { NotMovableError } from './errors.ts';
import { copyKey, destroyKey } from './keys.ts';
import type { CellServices } from './services.ts';

/** Called before each step: specs end there what a crash would end. */
export type MoveStep =
  | 'key'
  | 'expect'
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

/** A fenced session: nothing follows its last event here. */
interface Fenced {
  readonly session_id: string;
  readonly revision: number;
}

const atOnce = 8;
const projectedMs = 60_000;
const farFuture = 'infinity';
const actor = { role: 'system', id: 'cells' } as const;

/**
 * Moves a partner with all sessions from one cell to another. Each step may be done again and none is remembered but the
 * phase: whoever goes on after a crash does all of them again.
 * @throws NotMovableError; or when a service does not answer: to be called again
 */
export async function movePartner(
  directory: CellDirectory,
  move: PartnerMove,
  [from, to]: readonly [CellServices, CellServices],
  onStep: OnStep = () => undefined,
): Promise<void> {
  const { partner_id, move_id } = move;
  if (move.phase === 'returning') throw new NotMovableError('The move was given up: abort it to the end.');
  if (move.phase === 'copying') await copyAll(move, from, to, onStep);
  if (move.phase !== 'cleaning') {
    await onStep('decide');
    if (!(await directory.advance(move, 'copying', 'arriving')))
      throw new NotMovableError('The move was given up meanwhile.');
    await onStep('sessions_arrive');
    await arrive(to, move_id, await fenceSessions(from, move));
    await onStep('partner_arrives');
    await command(to, { type: 'ArrivePartner', partner_id, move_id, cell: to.name });
    await onStep('switch');
    await directory.advance(move, 'arriving', 'cleaning');
  }
  await onStep('clean');
  await clean(from, partner_id);
  await onStep('finish');
  await directory.finish(partner_id, move_id);
}

/** What can be given up: nothing takes commands in the other cell yet. */
async function copyAll(
  move: PartnerMove,
  from: CellServices,
  to: CellServices,
  onStep: OnStep,
): Promise<void> {
  const { partner_id, move_id } = move;
  await onStep('key');
  await copyKey(partner_id, from, to);
  await onStep('expect');
  await expectPartner(to, move);
  await onStep('fence_partner');
  await command(from, { type: 'MovePartner', partner_id, move_id, from: move.from, to: move.to });
  await onStep('fence_sessions');
  const fenced = await fenceSessions(from, move);
  await onStep('copy_sessions');
  await inParallel(fenced, atOnce, ({ session_id, revision }) =>
    copyStream(sessionStream(session_id), revision, from.store, to.store),
  );
  await onStep('verify');
  await verify(fenced, from, to);
  await onStep('copy_partner');
  await copyPartner(move, from, to);
}

/**
 * Gives a move up as long as nothing has arrived: the partner takes commands where it was.
 * @throws NotMovableError when the other cell takes them already
 */
export async function abortMove(
  directory: CellDirectory,
  move: PartnerMove,
  from: CellServices,
): Promise<void> {
  const { partner_id, move_id } = move;
  if (!(await directory.advance(move, 'copying', 'returning')))
    throw new NotMovableError('The partner is in the other cell already: let the move end.');
  const { state } = await readPartner(from.store, partner_id);
  if (state.home?.leaving?.move_id === move_id) await arrive(from, move_id, await fenceSessions(from, move));
  if (state.home?.leaving?.move_id === move_id)
    await command(from, { type: 'ArrivePartner', partner_id, move_id, cell: from.name });
  await directory.finish(partner_id, move_id);
}

/**
 * Stops the commands of all sessions of the partner. No session begins any more, so the table has all when it is up to date, but
 * for those that were named a moment ago, which the partner's stream knows.
 */
async function fenceSessions(cell: CellServices, move: PartnerMove): Promise<Fenced[]> {
  const { partner_id, move_id, from, to } = move;
  const since = new Date().toISOString();
  const isSeen = async (): Promise<boolean> => ((await projectedUntil(cell.pool)) ?? '') >= since;
  await waitUntil(isSeen, { timeoutMs: projectedMs, everyMs: 50, what: 'the projectors' });
  const ids = new Set([
    ...(await knownSessions(cell.store, partner_id)),
    ...(await sessionsBefore(cell.pool, partner_id, farFuture)),
  ]);
  const fenced: Fenced[] = [];
  await inParallel(ids, atOnce, async (session_id) => {
    const moved = { type: 'MoveSession', move_id, from, to } as const;
    fenced.push({ session_id, revision: await commandSession(cell, session_id, moved) });
  });
  return fenced;
}

async function verify(fenced: readonly Fenced[], from: CellServices, to: CellServices): Promise<void> {
  await inParallel(fenced, atOnce, async ({ session_id, revision }) => {
    const stream = sessionStream(session_id);
    const [own, copied] = await Promise.all([
      digestOf(from.store, stream, revision),
      digestOf(to.store, stream, revision),
    ]);
    if (own !== copied) throw new NotMovableError(`The copy of ${stream} differs.`);
  });
}

async function arrive(cell: CellServices, move_id: string, sessions: readonly Fenced[]): Promise<void> {
  await inParallel(sessions, atOnce, async ({ session_id }) => {
    await commandSession(cell, session_id, { type: 'ArriveSession', move_id, cell: cell.name });
  });
}

/** What the cell derived goes, and its copy of the key: its events stay, which nobody can open. */
async function clean(cell: CellServices, partner_id: string): Promise<void> {
  const session_ids = await sessionsBefore(cell.pool, partner_id, farFuture);
  await eraseRows(cell.pool, { partner_id, before: farFuture, session_ids });
  await cell.contexts.delete(session_ids);
  await destroyKey(partner_id, cell);
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
