import { isOver, latest, patchRow } from '../batch.ts';
import { addCorrelation } from '../correlations.ts';
import type {
  CorrelationRow,
  EntityRow,
  MilestoneRow,
  ReplyRow,
  RowChange,
  SessionPatch,
  SessionRow,
  TokenRow,
  TurnRow,
  WordsRow,
} from '../rows.ts';
import type { FoldedSession, FoldedSessions } from './sessions.ts';

/** A turn, and what is stored with it. */
export interface ChunkTurn {
  readonly row: TurnRow;
  /** As of the turn. */
  readonly session: SessionRow;
  readonly ordered_at: string;
  readonly entities: readonly EntityRow[];
  readonly words: WordsRow | undefined;
  reply: ReplyRow | undefined;
}

/** The rows that a chunk of events, in log order, adds to the tables being filled. The rows of its sessions are in memory. */
export class Chunk {
  turns: ChunkTurn[] = [];
  milestones: MilestoneRow[] = [];
  /** Replies to turns of earlier chunks. */
  readonly replies: ReplyRow[] = [];
  /** The user's latest turn with an id. */
  private readonly asked = new Map<string, ChunkTurn>();
  private readonly tokenRows = new Map<string, TokenRow>();
  private readonly correlationRows = new Map<string, CorrelationRow>();

  constructor(private readonly sessions: FoldedSessions) {}

  get tokens(): readonly TokenRow[] {
    return [...this.tokenRows.values()];
  }

  /** A correlation may continue in other chunks. */
  get correlations(): Iterable<CorrelationRow> {
    return this.correlationRows.values();
  }

  /** Returns the session; undefined: it has no row, so nothing else has. */
  add(change: RowChange): FoldedSession | undefined {
    const { started, patch, milestone, turn, reply, references = [], tokens = [], correlation } = change;
    const known = this.sessions.get((started ?? patch)?.session_id ?? '');
    // An event that was read twice.
    if (known && patch && patch.revision <= known.row.revision) return known;
    const session = known ?? (started && this.sessions.add(started));
    if (session) {
      if (patch) patchSession(session, patch);
      if (milestone) this.addMilestone(session.row, milestone);
      if (turn) this.addTurn(session.row, turn, change);
      if (!isOver(session.row))
        for (const row of references) session.references.set(`${row.kind}/${row.reference}`, row);
    }
    if (reply) this.addReply(reply);
    for (const row of tokens) this.tokenRows.set(`${row.partner_id}/${row.session_id}/${row.token}`, row);
    if (correlation) addCorrelation(this.correlationRows, correlation);
    return session;
  }

  /** Drops the rows of a session's events below a revision. */
  forget(sessionId: string, before: number): void {
    const isGone = (row: { session_id: string; revision: number }): boolean =>
      row.session_id === sessionId && row.revision < before;
    this.turns = this.turns.filter(({ row }) => !isGone(row));
    for (const [id, { row }] of this.asked) if (isGone(row)) this.asked.delete(id);
    this.milestones = this.milestones.filter((row) => !isGone(row));
    for (const [key, row] of this.tokenRows) if (isGone(row)) this.tokenRows.delete(key);
    for (const [key, row] of this.correlationRows)
      if (row.session_id === sessionId && row.last_revision < before) this.correlationRows.delete(key);
  }

  private addMilestone({ partner_id, last_activity_time }: SessionRow, milestone: MilestoneRow): void {
    this.milestones.push({ ...milestone, at: latest(milestone.at, last_activity_time), partner_id });
  }

  private addTurn(session: SessionRow, row: TurnRow, { entities = [], words }: RowChange): void {
    const ordered_at = latest(row.ordered_at, session.last_activity_time);
    const turn = { row, session, ordered_at, entities, words, reply: undefined };
    this.turns.push(turn);
    if (row.sender === 'user') this.asked.set(row.turn_id, turn);
  }

  /** A reply whose turn is not found here, also since another session has a turn of the same id, is as good as a later one. */
  private addReply(reply: ReplyRow): void {
    const turn = this.asked.get(reply.turn_id);
    if (turn?.row.session_id === reply.session_id) turn.reply = reply;
    else this.replies.push(reply);
  }
}

function patchSession(session: FoldedSession, patch: SessionPatch): void {
  session.row = patchRow(session.row, patch);
  session.changed = true;
  if (isOver(session.row)) session.references.clear();
}
