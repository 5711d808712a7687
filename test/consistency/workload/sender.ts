import type { Answer, Command, CommandEntry, ContextDocument, ReadEntry } from '../common/history.ts';
import { now } from '../common/now.ts';
import type { Recorder } from '../common/recorder.ts';
import type { ApiNode } from '../system/cluster.ts';
import { requestOf } from './routes.ts';

const timeoutMs = 4_000;

/** Sends the requests of one client, and records each with its answer. */
export class Sender {
  constructor(
    private readonly process: string,
    private readonly recorder: Recorder,
  ) {}

  async command(command: Command, node: ApiNode, final = false): Promise<CommandEntry> {
    const { method, path, body } = requestOf(command);
    const { process } = this;
    const sentTo = node.current();
    const start = now();
    const answer = await ask(`${node.url}${path}`, {
      method,
      headers: headersOf(command, body !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const ends = {
      start,
      end: now(),
      status: answer.status,
      answer: answer.body ? answerOf(answer.body) : null,
    };
    const entry: CommandEntry = { kind: 'command', process, ...command, node: sentTo, final, ...ends };
    this.recorder.record(entry);
    return entry;
  }

  async read(session_id: string, min_revision: number | null, node: ApiNode): Promise<ReadEntry> {
    const query = min_revision === null ? '' : `?min_revision=${min_revision}`;
    const { process } = this;
    const sentTo = node.current();
    const start = now();
    const answer = await ask(`${node.url}/v1/sessions/${session_id}/context${query}`, {});
    const context = answer.status === 200 && answer.body ? contextOf(answer.body) : null;
    const ends = { start, end: now(), status: answer.status, context };
    const isSame = node.current().incarnation === sentTo.incarnation;
    const answeredBy = isSame ? sentTo : { ...sentTo, incarnation: 0 };
    const entry: ReadEntry = { kind: 'read', process, node: answeredBy, session_id, min_revision, ...ends };
    this.recorder.record(entry);
    return entry;
  }
}

/** Whether the outcome of the command is unknown. */
export function isUnknown({ status }: CommandEntry): boolean {
  return status === null || status >= 500 || status === 408 || status === 429;
}

export async function ask(url: string, init: RequestInit): Promise<{ status: number | null; body: unknown }> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  } catch {
    return { status: null, body: null };
  }
}

function headersOf(
  { op, key, if_match, epoch, agent_id }: Command,
  hasBody: boolean,
): Record<string, string> {
  return {
    'correlation-id': op,
    'agent-id': agent_id,
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
    ...(key === null ? {} : { 'idempotency-key': key }),
    ...(if_match === null ? {} : { 'if-match': `"${if_match}"` }),
    ...(epoch === null ? {} : { 'agent-epoch': String(epoch) }),
  };
}

function answerOf(body: unknown): Answer {
  const { session_id, revision, events, inquiry_id, reason, current_revision, type } = body as Answer & {
    type?: string;
  };
  const problem = { reason, current_revision, code: type?.split('/').at(-1) };
  // The events in a conflict belong to other commands.
  const inquiry = inquiry_id === undefined ? {} : { inquiry_id };
  return revision === undefined ? problem : { session_id, revision, events, ...inquiry };
}

function contextOf(document: unknown): ContextDocument {
  const { partner_id, revision, session, goal_state, conversation_flags, short_term_memory, ...more } =
    document as ContextDocument;
  const { order_tracking, orders, external } = more;
  const conversation = { session, goal_state, conversation_flags, short_term_memory };
  return { partner_id, revision, ...conversation, order_tracking, orders, external };
}
