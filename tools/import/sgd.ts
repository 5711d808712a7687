import type { CommandItem, ExternalUpdate } from '@turnstream/sdk';
import { Failure } from '../shared/failure.ts';
import type { Conversation, Fields } from './conversation.ts';
import { list, object, sessionOf, text, turnId } from './conversation.ts';

/** The maximum size of the results in one external update, in characters of JSON, with room for other fields. */
const resultsLimit = 120_000;

/** The dialogues of a Schema-Guided Dialogue file: intents become goals, slots entities, service results external updates. */
export function readDialogues(file: string, document: unknown): Conversation[] {
  return list(document, `${file}: the document`).map((item, index) => {
    const place = `${file}: dialogue ${index + 1}`;
    const dialogue = object(item, place);
    const id = text(dialogue['dialogue_id'], `${place}: dialogue_id`);
    const session = sessionOf(file, id, `sgd-${id.replaceAll(/[^A-Za-z0-9_.:-]/g, '_').slice(0, 60)}`);
    const reader = new DialogueReader(session.session_id);
    const turns = list(dialogue['turns'], `${place}: turns`);
    const steps = turns.map((turn, at) => reader.step(turn, at, `${place}: turn ${at + 1}`));
    return { ...session, steps };
  });
}

interface Frame {
  readonly service: string;
  readonly state: Fields;
  readonly acts: readonly string[];
  readonly fields: Fields;
}

/** Reads the turns of one dialogue in order, and keeps the state that the next ones need. */
class DialogueReader {
  private intent: string | undefined;
  private userTurn: string | undefined;
  private readonly open = new Set<string>();

  constructor(private readonly sessionId: string) {}

  step(value: unknown, at: number, place: string): CommandItem[] {
    const turn = object(value, place);
    const frames = list(turn['frames'] ?? [], `${place}: frames`).map((item) => frameOf(item, place));
    const said = {
      turn_id: turnId(this.sessionId, at),
      message_text: text(turn['utterance'], `${place}: utterance`),
    };
    if (turn['speaker'] === 'USER') return this.userStep(said, frames);
    if (turn['speaker'] === 'SYSTEM') return this.botStep(said, frames, at);
    throw new Failure(`${place}: speaker should be USER or SYSTEM.`);
  }

  private userStep(said: Said, frames: readonly Frame[]): CommandItem[] {
    const active = frames.find(({ state }) => intentOf(state) !== undefined);
    const intent = active && intentOf(active.state);
    this.userTurn = said.turn_id;
    const turn: CommandItem = {
      type: 'RecordTurn',
      sender: 'user',
      ...said,
      ...(intent === undefined ? {} : { parsed_intent: intent }),
      extracted_entities: entitiesOf(frames, active),
    };
    const named = active?.acts.includes('INFORM_INTENT') ?? false;
    const begins = intent !== undefined && (named || intent !== this.intent) && !this.isCurrent(intent);
    this.intent = intent;
    if (!begins) return [turn];
    this.open.delete(intent);
    this.open.add(intent);
    return [{ type: 'SetGoal', goal: intent }, turn];
  }

  private botStep(said: Said, frames: readonly Frame[], at: number): CommandItem[] {
    const act = frames.flatMap(({ acts }) => acts)[0];
    const turn: CommandItem = {
      type: 'RecordTurn',
      sender: 'bot',
      ...said,
      ...(act === undefined ? {} : { bot_action: act.toLowerCase() }),
      ...(this.userTurn === undefined ? {} : { in_reply_to: this.userTurn }),
    };
    const calls = frames.filter(({ fields }) => fields['service_call'] !== undefined);
    const updates = calls.map((frame, index) => externalUpdateOf(frame, `${this.sessionId}:${at}:${index}`));
    const done = frames.some(({ acts }) => acts.includes('NOTIFY_SUCCESS')) ? this.finish() : [];
    return [...updates, turn, ...done];
  }

  /** The goals form a stack: the last one is the current one. */
  private isCurrent(goal: string): boolean {
    return [...this.open].at(-1) === goal;
  }

  private finish(): CommandItem[] {
    const goal = [...this.open].at(-1);
    if (goal === undefined) return [];
    this.open.delete(goal);
    return [{ type: 'UpdateGoal', goal, status: 'completed' }];
  }
}

interface Said {
  readonly turn_id: string;
  readonly message_text: string;
}

function frameOf(value: unknown, place: string): Frame {
  const fields = object(value, `${place}: a frame`);
  const service = text(fields['service'], `${place}: service`);
  const state = object(fields['state'] ?? {}, `${place}: state`);
  const actions = list(fields['actions'] ?? [], `${place}: actions`);
  const acts = actions.map((item) => text(object(item, `${place}: an action`)['act'], `${place}: act`));
  return { service, state, acts, fields };
}

function intentOf(state: Fields): string | undefined {
  const intent = state['active_intent'];
  return typeof intent === 'string' && intent !== 'NONE' && intent !== '' ? intent : undefined;
}

/**
 * The dialogue's slots as entities: a slot with a single value has that value, slots of other services carry their
 * service's name.
 */
function entitiesOf(frames: readonly Frame[], active: Frame | undefined): Record<string, unknown> {
  const slots = frames.flatMap(({ service, state }, index) => {
    const main = active === undefined ? index === 0 : service === active.service;
    return Object.entries((state['slot_values'] ?? {}) as Fields).map(
      ([slot, values]) => [main ? slot : `${service}.${slot}`, single(values)] as const,
    );
  });
  return Object.fromEntries(slots);
}

function single(values: unknown): unknown {
  return Array.isArray(values) && values.length === 1 ? values[0] : values;
}

function externalUpdateOf(
  { service, fields }: Frame,
  source_event_id: string,
): { type: 'RecordExternalUpdate' } & ExternalUpdate {
  const call = fields['service_call'] as { method?: string; parameters?: Fields };
  const results = Array.isArray(fields['service_results']) ? fields['service_results'] : [];
  const data = { parameters: call.parameters ?? {}, ...fitting(results) };
  return {
    type: 'RecordExternalUpdate',
    system: service,
    kind: call.method ?? 'call',
    data,
    source_event_id,
  };
}

/** The results, shortened at the end to fit in one event. */
function fitting(results: readonly unknown[]): Fields {
  let kept = results;
  while (JSON.stringify(kept).length > resultsLimit) kept = kept.slice(0, Math.floor(kept.length / 2));
  return kept.length === results.length ? { results } : { results: kept, results_total: results.length };
}
