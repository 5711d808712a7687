import { contextOf, isOver, latest, patchRow } from '../batch.ts';
import type { EntityRow, ReplyRow, RowChange, SessionPatch, TokenRow, TurnRow } from '../rows.ts';
import type { FoldedSessions } from './sessions.ts';

/** A value of an entity as its table holds it. */
export interface StoredEntity extends EntityRow {
  readonly ordered_at: string;
  readonly partner_id: string;
}

/** What a chunk of events, in the order of the store, adds to tables that are filled. The rows of its sessions are in memory. */
export class Chunk {
  private readonly byRevision = new Map<string, TurnRow>();
  /** The row of the user's latest turn with an id. */
  private readonly asked = new Map<string, string>();
  private readonly entityRows: StoredEntity[] = [];
  private readonly tokenRows = new Map<string, TokenRow>();
  private readonly replyRows: ReplyRow[] = [];

  constructor(private readonly sessions: FoldedSessions) {}

  get turns(): Iterable<TurnRow> {
    return this.byRevision.values();
  }

  get entities(): readonly StoredEntity[] {
    return this.entityRows.filter((row) => this.byRevision.has(keyOf(row)));
  }

  get tokens(): readonly TokenRow[] {
    return [...this.tokenRows.values()];
  }

  /** Replies to turns of chunks before. */
  get replies(): readonly ReplyRow[] {
    return this.replyRows;
  }

  add({ started, patch, turn, reply, references = [], tokens = [], entities = [] }: RowChange): void {
    if (started && !this.sessions.get(started.session_id)) this.sessions.add(started);
    if (patch) this.patch(patch);
    if (turn) this.addTurn(turn, entities);
    if (reply) this.addReply(reply);
    for (const row of references) {
      const session = this.sessions.get(row.session_id);
      if (session && !isOver(session.row)) session.references.set(`${row.kind}/${row.reference}`, row);
    }
    for (const row of tokens) this.tokenRows.set(`${row.partner_id}/${row.session_id}/${row.token}`, row);
  }

  /** Leaves out what events of a session below a revision have brought. */
  forget(sessionId: string, before: number): void {
    const isGone = (row: { session_id: string; revision: number }): boolean =>
      row.session_id === sessionId && row.revision < before;
    for (const [key, row] of this.byRevision) if (isGone(row)) this.byRevision.delete(key);
    for (const [key, row] of this.tokenRows) if (isGone(row)) this.tokenRows.delete(key);
  }

  private patch(patch: SessionPatch): void {
    const session = this.sessions.get(patch.session_id);
    if (session === undefined || session.row.revision >= patch.revision) return;
    session.row = patchRow(session.row, patch);
    session.changed = true;
    if (isOver(session.row)) session.references.clear();
  }

  private addTurn(turn: TurnRow, entities: readonly EntityRow[]): void {
    const session = this.sessions.get(turn.session_id);
    if (session === undefined) return;
    const { row } = session;
    const { partner_id } = row;
    const ordered_at = latest(turn.ordered_at, row.last_activity_time);
    const key = keyOf(turn);
    this.byRevision.set(key, { ...turn, ...contextOf(row), ordered_at, partner_id });
    if (turn.sender === 'user') this.asked.set(`${turn.session_id}/${turn.turn_id}`, key);
    for (const entity of entities) this.entityRows.push({ ...entity, ordered_at, partner_id });
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
