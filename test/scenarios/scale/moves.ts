import { randomUUID } from 'node:crypto';
import type { MoveStep } from '#cells';
import type { RecordedEvent } from '#domain';
import { sleep, waitUntil } from '#platform';
import { readEvents } from '#sessions';
import { openStore } from '../open-store.ts';
import type { TwoCells } from './two-cells.ts';
import { runMover } from './mover.ts';
import type { Writer } from './writers.ts';
import { sendUntilAcknowledged, writeTurns } from './writers.ts';

/** The steps at which the mover is killed at full size. */
export const allSteps: readonly MoveStep[] = [
  'key',
  'expect',
  'fence_partner',
  'fence_sessions',
  'copy_sessions',
  'verify',
  'copy_partner',
  'decide',
  'sessions_arrive',
  'partner_arrives',
  'switch',
  'clean',
  'finish',
];

/** Longer than bridges wait for one another at the deadline of an inquiry. */
const standInMs = 2_000;

/** How often a move is retried. */
const attempts = 10;

interface MovesSize {
  /** The number of moved partners, each with this many sessions in use. */
  readonly partners: number;
  readonly sessions: number;
  /** The pause between two turns of a session. */
  readonly pauseMs: number;
  /** The steps at which the mover is killed; all of them for each partner's move. */
  readonly killAt: readonly MoveStep[];
  /** Whether the first partner moves back afterwards. */
  readonly andBack: boolean;
}

export interface MovesResult {
  readonly acknowledged: number;
  readonly kills: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Commands repeated after the move that got another answer than the first time. */
  readonly answeredOtherwise: readonly string[];
  /** Sessions with events after the move in the old cell. */
  readonly writtenBehind: readonly string[];
  /** How often the inquiry that was open during its session's move was closed. */
  readonly closedInquiries: number;
  readonly repeated: number;
  readonly slowestMs: number;
}

/** Moves partners from one cell to another while they are written to, and kills the mover repeatedly. */
export async function movePartners(
  cells: TwoCells,
  { partners, sessions, pauseMs, killAt, andBack }: MovesSize,
  note: (text: string) => void = () => undefined,
): Promise<MovesResult> {
  const target = { url: cells.router, headers: cells.headers };
  const run = randomUUID().slice(0, 8);
  const ids = Array.from({ length: partners }, (_, n) => `${run}-${n}`);
  const stop = new AbortController();
  const writing = ids.flatMap((id) =>
    Array.from({ length: sessions }, () => writeTurns(target, id, pauseMs, stop.signal)),
  );
  const inquired = await openInquiry(target, `${run}-inquiry`);
  let kills = 0;
  const isMoving = async (id: string): Promise<boolean> =>
    (await cells.directory.moves()).some(({ partner_id }) => partner_id === id);
  const move = async (id: string, to: string): Promise<void> => {
    for (const step of killAt) if (!(await runMover(cells.env, id, to, step)).ended) kills += 1;
    // The mover also ends when a service does not answer; one killed in its last step may have finished the move.
    let isDone = killAt.length > 0 && !(await isMoving(id));
    for (let attempt = 0; !isDone && attempt < attempts; attempt += 1)
      isDone = (await runMover(cells.env, id, to)).ended;
    if (!isDone) throw new Error(`The partner ${id} does not come to cell ${to}.`);
    note(`${id} is in cell ${to}`);
    await sleep(200);
  };
  let writers: readonly Writer[];
  try {
    await sleep(500);
    await move(`${run}-inquiry`, 'b');
    for (const id of ids) await move(id, 'b');
    if (andBack) await move(ids[0] ?? '', 'a');
  } finally {
    stop.abort();
    writers = await Promise.all(writing);
  }
  const back = andBack ? ids[0] : undefined;
  return check(cells, writers, back, inquired, kills);
}

async function openInquiry(
  target: Parameters<typeof sendUntilAcknowledged>[0],
  partner_id: string,
): Promise<string> {
  const start = { partner_id, channel: 'whatsapp', language: 'en' };
  const { session_id } = await sendUntilAcknowledged(target, '/v1/sessions', start, randomUUID());
  const inquiry = { kind: 'order_status', subject: { order_id: `O-${partner_id}` }, timeout_ms: 30_000 };
  await sendUntilAcknowledged(target, `/v1/sessions/${session_id}/inquiries`, inquiry, randomUUID());
  return session_id;
}

async function check(
  cells: TwoCells,
  writers: readonly Writer[],
  back: string | undefined,
  inquired: string,
  kills: number,
): Promise<MovesResult> {
  const target = { url: cells.router, headers: cells.headers };
  const [lost, doubled, answeredOtherwise, writtenBehind] = [[], [], [], []] as [
    string[],
    string[],
    string[],
    string[],
  ];
  const stores = { a: openStore(cells.cells.a), b: openStore(cells.cells.b) };
  try {
    for (const { sessionId, partnerId, acknowledged } of writers) {
      const home = partnerId === back ? 'a' : 'b';
      const events = await Array.fromAsync(readEvents(stores[home].store, sessionId));
      const turns = events.filter(({ type }) => type === 'TurnRecorded');
      for (const [turn, { revision }] of acknowledged.entries())
        if (textAt(events[revision]) !== `turn ${turn}`) lost.push(`${sessionId} ${revision}`);
      const texts = turns.map(textAt);
      if (new Set(texts).size !== texts.length || turns.length !== acknowledged.length)
        doubled.push(`${sessionId}: ${turns.length} turns, ${acknowledged.length} acknowledged`);
      const last = acknowledged.at(Math.floor(acknowledged.length / 2));
      if (last !== undefined) {
        const body = { sender: 'user', message_text: `turn ${acknowledged.indexOf(last)}` };
        const again = await sendUntilAcknowledged(target, `/v1/sessions/${sessionId}/turns`, body, last.key);
        if (again.revision !== last.revision) answeredOtherwise.push(`${sessionId} ${last.revision}`);
      }
      const left = await Array.fromAsync(stores[home === 'b' ? 'a' : 'b'].store.read(`session-${sessionId}`));
      if (left.at(-1)?.type !== 'SessionMoved') writtenBehind.push(sessionId);
    }
    const closings = async (): Promise<number> =>
      (await Array.fromAsync(readEvents(stores.b.store, inquired))).filter(
        ({ type }) => type === 'InquiryClosed',
      ).length;
    await waitUntil(async () => (await closings()) > 0, { what: 'the end of the inquiry', everyMs: 200 });
    // Another bridge that closes it, too, does so a moment after the first.
    await sleep(standInMs);
    return {
      acknowledged: writers.reduce((sum, writer) => sum + writer.acknowledged.length, 0),
      kills,
      lost,
      doubled,
      answeredOtherwise,
      writtenBehind,
      closedInquiries: await closings(),
      repeated: writers.reduce((sum, writer) => sum + writer.repeated, 0),
      slowestMs: Math.max(...writers.map(({ slowestMs }) => slowestMs)),
    };
  } finally {
    await Promise.all([stores.a.close(), stores.b.close()]);
  }
}

function textAt(event: RecordedEvent | undefined): string | undefined {
  return event?.type === 'TurnRecorded' ? event.data.message_text : undefined;
}
