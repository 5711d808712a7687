import type { Json } from '#domain';
import type { ExportForm } from './request.ts';

/** A value of a row: times are ISO 8601 in UTC. */
export type ExportRow = Readonly<Record<string, Json>>;

/** The type of a column; any column may be null. */
export type ColumnType = 'text' | 'time' | 'whole' | 'number' | 'flag' | 'json';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

const typesOf: Readonly<Record<ExportForm, Readonly<Record<string, ColumnType>>>> = {
  turns: {
    turn_id: 'text',
    session_id: 'text',
    partner_id: 'text',
    timestamp: 'time',
    sender: 'text',
    message_text: 'text',
    parsed_intent: 'text',
    extracted_entities: 'json',
    response_text: 'text',
    revision: 'whole',
    channel: 'text',
    intent_confidence: 'number',
    bot_action: 'text',
    message_id: 'text',
    actor_role: 'text',
    actor_id: 'text',
    inquiry_id: 'text',
    goal: 'text',
  },
  sessions: {
    session_id: 'text',
    partner_id: 'text',
    start_time: 'time',
    last_activity_time: 'time',
    channel: 'text',
    current_task: 'text',
    language: 'text',
    expires_at: 'time',
    status: 'text',
    revision: 'whole',
  },
  events: {
    session_id: 'text',
    partner_id: 'text',
    revision: 'whole',
    event_id: 'text',
    type: 'text',
    occurred_at: 'time',
    data: 'json',
    metadata: 'json',
  },
  training: {
    conversation_id: 'text',
    partner: 'text',
    split: 'text',
    channel: 'text',
    language: 'text',
    started_at: 'time',
    messages: 'json',
    outcome: 'json',
    truncated: 'flag',
  },
};

/** The columns of a form, in order. */
export function columnsOf(form: ExportForm): readonly Column[] {
  return Object.entries(typesOf[form]).map(([name, type]) => ({ name, type }));
}
