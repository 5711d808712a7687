import type { CorrelationRow, MilestoneRow, ReplyRow, SessionRow, TurnRow } from '../rows.ts';
import type { Columns } from './copy.ts';

/** A turn that is about to be written. */
export interface ChunkTurn {
  readonly row: TurnRow;
  /** As of the turn. */
  readonly session: SessionRow;
  readonly ordered_at: string;
  /** The extracted entities as JSON: a text when sealed, which is a text of JSON, too. */
  readonly extracted: string;
  readonly reply: ReplyRow | undefined;
}

export const turnColumns: Columns<ChunkTurn> = {
  session_id: ({ row }) => row.session_id,
  turn_id: ({ row }) => row.turn_id,
  partner_id: ({ session }) => session.partner_id,
  timestamp: ({ row }) => row.timestamp,
  ordered_at: ({ ordered_at }) => ordered_at,
  sender: ({ row }) => row.sender,
  message_text: ({ row }) => row.message_text,
  parsed_intent: ({ row }) => row.parsed_intent,
  extracted_entities: ({ extracted }) => extracted,
  response_text: ({ reply }) => reply?.response_text,
  response_revision: ({ reply }) => reply?.response_revision,
  intent_confidence: ({ row }) => row.intent_confidence,
  bot_action: ({ row }) => row.bot_action,
  message_id: ({ row }) => row.message_id,
  actor_role: ({ row }) => row.actor_role,
  actor_id: ({ row }) => row.actor_id,
  channel: ({ session }) => session.channel,
  goal: ({ session }) => session.current_task,
  inquiry_id: ({ session }) => session.open_inquiries.at(-1),
  revision: ({ row }) => row.revision,
  written: ({ row }) => writtenAt(row.position ?? '0'),
};

/** What `written` has for a position. Most are so small that a number holds it, which takes less time. */
function writtenAt(position: string): string {
  const written = Number(position) * 1_024;
  return Number.isSafeInteger(written) ? String(written) : String(BigInt(position) * 1_024n);
}

/** A value of a turn, and the turn. */
export interface OfTurn {
  readonly value: string;
  readonly turn: ChunkTurn;
}

const turnKey: Columns<OfTurn> = {
  ordered_at: ({ turn }) => turn.ordered_at,
  session_id: ({ turn }) => turn.row.session_id,
  revision: ({ turn }) => turn.row.revision,
  partner_id: ({ turn }) => turn.session.partner_id,
};

export const entityColumns: Columns<OfTurn> = { blind_index: ({ value }) => value, ...turnKey };
export const wordColumns: Columns<OfTurn> = { word: ({ value }) => value, ...turnKey };

export const milestoneColumns: Columns<MilestoneRow> = {
  session_id: ({ session_id }) => session_id,
  revision: ({ revision }) => revision,
  partner_id: ({ partner_id }) => partner_id,
  at: ({ at }) => at,
  kind: ({ kind }) => kind,
  name: ({ name }) => name,
  outcome: ({ outcome }) => outcome,
};

export const correlationColumns: Columns<CorrelationRow> = {
  session_id: ({ session_id }) => session_id,
  correlation: ({ correlation }) => correlation,
  first_revision: ({ first_revision }) => first_revision,
  last_revision: ({ last_revision }) => last_revision,
};
