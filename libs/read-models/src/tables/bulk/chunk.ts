import { contextOf, isOver, latest, patchRow } from '../batch.ts';
import { addCorrelation } from '../correlations.ts';
import type {
  CorrelationRow,
  EntityRow,
  MilestoneRow,
  ReplyRow,
  RowChange,
  SessionPatch,
  TokenRow,
  TurnRow,
  WordsRow,
} from '../rows.ts';
import type { FoldedSessions } from './sessions.ts';

/** A value of an entity as stored in its table. */
interface StoredEntity extends EntityRow {
  readonly ordered_at: string;
  readonly partner_id: string;
}

/** A word of a turn as stored in its table. */
interface StoredWord extends Omit<WordsRow, 'words'> {
  readonly word: string;
  readonly ordered_at: string;
  readonly partner_id: string;
}

/** The rows that a chunk of events, in log order, adds to the tables being filled. The rows of its sessions are in memory. */
export class Chunk {
  private readonly byRevision = new Map<string, TurnRow>();
  /** The row of the user's latest turn with an id. */
  private readonly asked = new Map<string, string>();
  private readonly entityRows: StoredEntity[] = [];
  private readonly wordRows: StoredWord[] = [];
  private readonly milestoneRows = new Map<string, MilestoneRow>();
  private readonly tokenRows = new Map<string, TokenRow>();
  private readonly replyRows: ReplyRow[] = [];
  private readonly correlationRows = new Map<string, CorrelationRow>();

  constructor(private readonly sessions: FoldedSessions) {}

  get turns(): Iterable<TurnRow> {
    return this.byRevision.values();
  }

  get entities(): readonly StoredEntity[] {
    return this.entityRows.filter((row) => this.byRevision.has(keyOf(row)));
  }

  get words(): readonly StoredWord[] {
    return this.wordRows.filter((row) => this.byRevision.has(keyOf(row)));
  }

  get milestones(): Iterable<MilestoneRow> {
    return this.milestoneRows.values();
  }

  get tokens(): readonly TokenRow[] {
    return [...this.tokenRows.values()];
  }

  /** A correlation may continue in other chunks. */
  get correlations(): readonly CorrelationRow[] {
    return [...this.correlationRows.values()];
  }

  /** Replies to turns of earlier chunks. */
  get replies(): readonly ReplyRow[] {
    return this.replyRows;
  }

  add({ references = [], tokens = [], entities = [], ...change }: RowChange): void {
    const { started, patch, turn, reply, milestone, words, correlation } = change;
    if (started && !this.sessions.get(started.session_id)) this.sessions.add(started);
    if (patch) this.patch(patch);
    if (milestone) this.addMilestone(milestone);
    if (turn) this.addTurn(turn, entities, words);
    if (reply) this.addReply(reply);
    for (const row of references) {
      const session = this.sessions.get(row.session_id);
      if (session && !isOver(session.row)) session.references.set(`${row.kind}/${row.reference}`, row);
    }
    for (const row of tokens) this.tokenRows.set(`${row.partner_id}/${row.session_id}/${row.token}`, row);
    if (correlation) addCorrelation(this.correlationRows, correlation);
  }

  /** Drops the rows of a session's events below a revision. */
  forget(sessionId: string, before: number): void {
    const isGone = (row: { session_id: string; revision: number }): boolean =>
      row.session_id === sessionId && row.revision < before;
    for (const [key, row] of this.byRevision) if (isGone(row)) this.byRevision.delete(key);
    for (const [key, row] of this.milestoneRows) if (isGone(row)) this.milestoneRows.delete(key);
    for (const [key, row] of this.tokenRows) if (isGone(row)) this.tokenRows.delete(key);
    for (const [key, row] of this.correlationRows)
      if (row.session_id === sessionId && row.last_revision < before) this.correlationRows.delete(key);
  }

  private patch(patch: SessionPatch): void {
    const session = this.sessions.get(patch.session_id);
    if (session === undefined || session.row.revision >= patch.revision) return;
    session.row = patchRow(session.row, patch);
    session.changed = true;
    if (isOver(session.row)) session.references.clear();
  }

  private addMilestone(milestone: MilestoneRow): void {
    const session = this.sessions.get(milestone.session_id);
    if (session === undefined) return;
    const { partner_id, last_activity_time } = session.row;
    const at = latest(milestone.at, last_activity_time);
    this.milestoneRows.set(keyOf(milestone), { ...milestone, at, partner_id });
  }

  private addTurn(turn: TurnRow, entities: readonly EntityRow[], words: WordsRow | undefined): void {
    const session = this.sessions.get(turn.session_id);
    if (session === undefined) return;
    const { row } = session;
    const { partner_id } = row;
    const ordered_at = latest(turn.ordered_at, row.last_activity_time);
    const key = keyOf(turn);
    this.byRevision.set(key, { ...turn, ...contextOf(row), ordered_at, partner_id });
    if (turn.sender === 'user') this.asked.set(`${turn.session_id}/${turn.turn_id}`, key);
    for (const entity of entities) this.entityRows.push({ ...entity, ordered_at, partner_id });
    const { session_id, revision } = turn;
    for (const word of words?.words ?? [])
      this.wordRows.push({ word, ordered_at, session_id, revision, partner_id });
  }

  private addReply(reply: ReplyRow): void {
    const key = this.asked.get(`${reply.session_id}/${reply.turn_id}`);
    const turn = key === undefined ? undefined : this.byRevision.get(key);
    const { response_text, response_revision } = reply;
    if (key === undefined || turn === undefined) this.replyRows.push(reply);
    else this.byRevision.set(key, { ...turn, response_text, response_revision });
  }
}

function keyOf({ session_id, revision }: { session_id: string; revision: number }): string {
  return `${session_id}/${revision}`;
}
