import type { Json, RecordedEvent } from '#domain';
import type { ExportRow } from './columns.ts';

/** The limit of one line of a conversation, which is kept in memory. */
const mostMessages = 2_000;
const mostCharacters = 4_000_000;

/** A conversation as an example for a model: the messages with their roles, and the outcome. */
export interface Conversation {
  readonly channel: string;
  readonly language: string;
  readonly started_at: string;
  readonly messages: readonly ExportRow[];
  readonly outcome: ExportRow;
  /** The conversation is incomplete: it is too long for a line, or an event of it cannot be read. */
  readonly truncated: boolean;
}

/** The conversation in the events of a session; undefined: it has not started, or its partner was erased. */
export async function conversationOf(
  events: AsyncIterable<RecordedEvent>,
): Promise<Conversation | undefined> {
  let start: Pick<Conversation, 'channel' | 'language' | 'started_at'> | undefined;
  const messages: ExportRow[] = [];
  const outcome = new Outcome();
  let characters = 0;
  let truncated = false;
  for await (const event of events) {
    const { occurred_at } = event.metadata;
    if (event.type === 'SessionErased') return undefined;
    if (event.type === 'SessionStarted') {
      const { channel, language } = event.data;
      start = { channel, language, started_at: occurred_at };
    }
    if (event.type === 'TurnRecorded') {
      const message = messageOf(event.data, occurred_at);
      characters += JSON.stringify(message).length;
      if (messages.length >= mostMessages || characters > mostCharacters) truncated = true;
      else if (!truncated) messages.push(message);
    }
    outcome.see(event);
  }
  return start && { ...start, messages, outcome: outcome.row, truncated };
}

type Turn = Extract<RecordedEvent, { type: 'TurnRecorded' }>['data'];

function messageOf(data: Turn, at: string): ExportRow {
  const { sender, message_text, parsed_intent, intent_confidence, extracted_entities, bot_action } = data;
  const said = { role: sender === 'user' ? 'user' : 'assistant', content: message_text, at };
  return sender === 'user'
    ? { ...said, intent: parsed_intent, confidence: intent_confidence, entities: extracted_entities }
    : { ...said, action: bot_action };
}

/** The outcome of a conversation, as far as its events show it. */
class Outcome {
  private status = 'active';
  private handoff = 'none';
  private readonly goals = new Map<string, string>();

  see({ type, data }: RecordedEvent): void {
    const goal = goalStates[type];
    if (goal !== undefined && 'goal' in data && typeof data.goal === 'string')
      this.goals.set(data.goal, goal);
    this.handoff = handoffStates[type] ?? this.handoff;
    this.status = sessionStates[type] ?? this.status;
  }

  get row(): ExportRow {
    const goals: Json = [...this.goals].map(([goal, status]) => ({ goal, status }));
    const completed = goals.length > 0 && [...this.goals.values()].every((status) => status === 'completed');
    return { status: this.status, handoff: this.handoff, goals, completed };
  }
}

type States = Readonly<Record<string, string>>;
const goalStates: States = {
  GoalSet: 'in_progress',
  GoalAdvanced: 'in_progress',
  GoalSuspended: 'suspended',
  GoalResumed: 'in_progress',
  GoalCompleted: 'completed',
  GoalAbandoned: 'abandoned',
};
const handoffStates: States = {
  HandoffRequested: 'requested',
  HandoffAccepted: 'accepted',
  HandoffReturned: 'returned',
};
const sessionStates: States = { SessionEnded: 'ended', SessionExpired: 'expired' };
