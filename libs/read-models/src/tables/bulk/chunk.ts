import { jsonSize } from '#platform';
import { isOver, latest, patchRow } from '../batch.ts';
import type { Deletion } from '../items.ts';
import type {
  CorrelationRow,
  MilestoneRow,
  ReplyRow,
  RowChange,
  SessionPatch,
  SessionRow,
  TokenRow,
  TurnRow,
} from '../rows.ts';
import type { SetAside } from '../set-aside.ts';
import { storableJson } from '../storable.ts';
import { correlationColumns, entityColumns, milestoneColumns, turnColumns, wordColumns } from './columns.ts';
import { CopyRows } from './copy.ts';
import type { AskedTurn } from './held.ts';
import { HeldRows, sizeOfText, sizeOfTurn } from './held.ts';
import type { FoldedSession, FoldedSessions } from './sessions.ts';

/** The length of the month in a time. */
const monthLength = 7;
/** About how many bytes a deletion or the ids of a reply take. */
const idBytes = 96;

/** The rows that some events, in log order, add to the tables being filled. The rows of its sessions are in memory. */
export class Chunk {
  readonly turns = new CopyRows('conversation_turn', turnColumns);
  readonly entities = new CopyRows('turn_entity', entityColumns);
  readonly words = new CopyRows('turn_word', wordColumns);
  readonly milestones = new CopyRows('session_milestone', milestoneColumns);
  readonly correlations = new CopyRows('event_correlation', correlationColumns);
  /** Replies to turns that are written already. */
  readonly replies: ReplyRow[] = [];
  readonly deletions: Deletion[] = [];
  readonly setAside = new HeldRows<SetAside>(jsonSize);
  /** A time of each month that has turns. */
  readonly months = new Map<string, string>();
  events = 0;
  /** The user's latest turn with an id, until it has a reply. */
  private readonly asked = new HeldRows<AskedTurn>(sizeOfTurn);
  private readonly tokenRows = new HeldRows<TokenRow>(jsonSize);
  private replyBytes = 0;

  constructor(private readonly sessions: FoldedSessions) {}

  /** About how many bytes it holds: of rows that are encoded, and of those that will be. */
  get size(): number {
    const { turns, entities, words, milestones, correlations, asked, tokenRows, setAside } = this;
    const encoded = turns.size + entities.size + words.size + milestones.size + correlations.size;
    const held = asked.bytes + tokenRows.bytes + setAside.bytes + this.replyBytes;
    return encoded + held + idBytes * this.deletions.length;
  }

  get tokens(): readonly TokenRow[] {
    return [...this.tokenRows.values()];
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
    if (correlation) this.addCorrelation(session, correlation);
    return session;
  }

  /** Drops tokens of a session's events below a revision. Other rows of these events are deleted at the end. */
  forget(sessionId: string, before: number): void {
    for (const [key, row] of this.tokenRows)
      if (row.session_id === sessionId && row.revision < before) this.tokenRows.delete(key);
  }

  /** Adds the turns that wait for a reply. */
  end(): void {
    for (const turn of this.asked.values()) this.write(turn, undefined);
    this.asked.clear();
  }

  private addMilestone({ partner_id, last_activity_time }: SessionRow, milestone: MilestoneRow): void {
    this.milestones.add({ ...milestone, at: latest(milestone.at, last_activity_time), partner_id });
  }

  private addTurn(session: SessionRow, row: TurnRow, { entities = [], words }: RowChange): void {
    const ordered_at = latest(row.ordered_at, session.last_activity_time);
    const extracted = storableJson(row.extracted_entities);
    const turn = { row, session, ordered_at, extracted, entities, words: words?.words ?? [] };
    const month = ordered_at.slice(0, monthLength);
    if (!this.months.has(month)) this.months.set(month, ordered_at);
    if (row.sender !== 'user') {
      this.write(turn, undefined);
      return;
    }
    const earlier = this.asked.get(row.turn_id);
    if (earlier) this.write(earlier, undefined);
    this.asked.set(row.turn_id, turn);
  }

  /** A reply whose turn does not wait here, also since another session has a turn of the same id, is as good as a later one. */
  private addReply(reply: ReplyRow): void {
    const turn = this.asked.get(reply.turn_id);
    if (turn?.row.session_id === reply.session_id) {
      this.asked.delete(reply.turn_id);
      this.write(turn, reply);
    } else {
      this.replies.push(reply);
      this.replyBytes += idBytes + sizeOfText(reply.response_text);
    }
  }

  private write(asked: AskedTurn, reply: ReplyRow | undefined): void {
    const { row, session, ordered_at, extracted, entities, words } = asked;
    const turn = { row, session, ordered_at, extracted, reply };
    this.turns.add(turn);
    for (const { blind_index } of entities) this.entities.add({ value: blind_index, turn });
    for (const value of words) this.words.add({ value, turn });
  }

  /** A correlation mostly has consecutive events of a session. If it continues later, it gets another row, and they are merged at the end. */
  private addCorrelation(session: FoldedSession | undefined, row: CorrelationRow): void {
    const open = session?.correlation;
    if (session) {
      const continues = open?.correlation === row.correlation;
      session.correlation = continues ? { ...row, first_revision: open.first_revision } : row;
      if (open && !continues) this.correlations.add(open);
    } else this.correlations.add(row);
  }
}

function patchSession(session: FoldedSession, patch: SessionPatch): void {
  session.row = patchRow(session.row, patch);
  session.changed = true;
  if (isOver(session.row)) session.references.clear();
}
