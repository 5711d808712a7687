import { addCorrelation } from './correlations.ts';
import type {
  CorrelationRow,
  EntityRow,
  MilestoneRow,
  ReferenceRow,
  ReplyRow,
  RowChange,
  SessionPatch,
  SessionRow,
  TokenRow,
  TurnContext,
  TurnRow,
  WordsRow,
} from './rows.ts';

/** The rows of many events, each row once, in its state after the last event. */
interface RowBatch {
  readonly started: readonly SessionRow[];
  readonly patches: readonly SessionPatch[];
  readonly turns: readonly TurnRow[];
  readonly replies: readonly ReplyRow[];
  readonly references: readonly ReferenceRow[];
  readonly tokens: readonly TokenRow[];
  readonly entities: readonly EntityRow[];
  readonly milestones: readonly MilestoneRow[];
  readonly words: readonly WordsRow[];
  readonly correlations: readonly CorrelationRow[];
}

/** Merges the changes of the events, in stream order. Pure. */
export function mergeChanges(changes: readonly RowChange[]): RowBatch {
  const started = new Map<string, SessionRow>();
  const patches = new Map<string, SessionPatch>();
  const turns = new Map<string, TurnRow>();
  const asked = new Map<string, string>();
  const replies = new Map<string, ReplyRow>();
  const references = new Map<string, ReferenceRow>();
  const tokens = new Map<string, TokenRow>();
  const entities = new Map<string, EntityRow>();
  const milestones = new Map<string, MilestoneRow>();
  const words = new Map<string, WordsRow>();
  const correlations = new Map<string, CorrelationRow>();
  for (const change of changes) {
    if (change.started) started.set(change.started.session_id, change.started);
    if (change.patch) addPatch(started, patches, change.patch);
    if (change.milestone) addMilestone(started, patches, milestones, change.milestone);
    if (change.words) words.set(`${change.words.session_id}/${change.words.revision}`, change.words);
    if (change.turn) addTurn(started, patches, turns, asked, change.turn);
    if (change.reply) addReply(turns, asked, replies, change.reply);
    for (const row of change.references ?? []) references.set(Object.values(row).join('/'), row);
    for (const row of change.tokens ?? []) tokens.set(`${row.session_id}/${row.token}`, row);
    for (const row of change.entities ?? []) entities.set(Object.values(row).join('/'), row);
    if (change.correlation) addCorrelation(correlations, change.correlation);
  }
  return {
    started: [...started.values()].map(withExpiry),
    patches: [...patches.values()],
    turns: [...turns.values()],
    replies: [...replies.values()],
    references: [...references.values()].filter(
      ({ session_id }) => !isOver(patches.get(session_id) ?? started.get(session_id)),
    ),
    tokens: [...tokens.values()],
    entities: [...entities.values()],
    milestones: [...milestones.values()],
    words: [...words.values()],
    correlations: [...correlations.values()],
  };
}

/** An ended session needs no references. */
export function isOver(row: SessionPatch | SessionRow | undefined): boolean {
  return row?.status === 'ended' || row?.status === 'expired';
}

function addPatch(
  started: Map<string, SessionRow>,
  patches: Map<string, SessionPatch>,
  patch: SessionPatch,
): void {
  const row = started.get(patch.session_id);
  if (row) {
    started.set(patch.session_id, patchRow(row, patch));
    return;
  }
  const earlier = patches.get(patch.session_id);
  patches.set(patch.session_id, earlier ? mergePatches(earlier, patch) : patch);
}

/** A session's row after a patch, but for `expires_at`; SQL applies patches in the same way. */
export function patchRow(row: SessionRow, patch: SessionPatch): SessionRow {
  const last_activity_time = latest(row.last_activity_time, patch.last_activity_time);
  const agent = patch.agent_known ? patch : row;
  // Named one by one: copying the row with `...` takes several times as long.
  return {
    session_id: row.session_id,
    partner_id: row.partner_id,
    start_time: row.start_time,
    last_activity_time,
    channel: patch.channel ?? row.channel,
    current_task: patch.task_known ? patch.current_task : without(row.current_task, patch.tasks_cleared),
    language: patch.language ?? row.language,
    expires_at: row.expires_at,
    expires_in_s: row.expires_in_s,
    status: patch.status ?? row.status,
    agent_instance: agent.agent_instance,
    agent_pool: agent.agent_pool,
    agent_epoch: agent.agent_epoch,
    forked_from: row.forked_from,
    open_inquiries: stillOpen(row.open_inquiries, patch),
    revision: patch.revision,
  };
}

/** The row with the time at which the session expires, which takes long to calculate: once for many patches. */
export function withExpiry(row: SessionRow): SessionRow {
  return { ...row, expires_at: later(row.last_activity_time, row.expires_in_s) };
}

function agentOf({
  agent_instance,
  agent_pool,
  agent_epoch,
}: SessionRow | SessionPatch): Pick<SessionRow, 'agent_instance' | 'agent_pool' | 'agent_epoch'> {
  return { agent_instance, agent_pool, agent_epoch };
}

function mergePatches(first: SessionPatch, second: SessionPatch): SessionPatch {
  const task = second.task_known ? second.current_task : without(first.current_task, second.tasks_cleared);
  return {
    session_id: first.session_id,
    revision: second.revision,
    last_activity_time: latest(first.last_activity_time, second.last_activity_time),
    channel: second.channel ?? first.channel,
    language: second.language ?? first.language,
    status: second.status ?? first.status,
    task_known: first.task_known || second.task_known,
    current_task: task,
    tasks_cleared: [...first.tasks_cleared, ...second.tasks_cleared],
    agent_known: first.agent_known || second.agent_known,
    ...agentOf(second.agent_known ? second : first),
    inquiries_opened: stillOpen(first.inquiries_opened, second),
    inquiries_closed: [...first.inquiries_closed, ...second.inquiries_closed],
  };
}

function stillOpen(
  open: readonly string[],
  { inquiries_opened, inquiries_closed }: SessionPatch,
): readonly string[] {
  if (inquiries_opened.length + inquiries_closed.length === 0) return open;
  return [...open, ...inquiries_opened].filter((id) => !inquiries_closed.includes(id));
}

function without(task: string | null, cleared: readonly string[]): string | null {
  return task !== null && cleared.includes(task) ? null : task;
}

/** Requires the session's row or patch to include this turn: its last activity is the latest. `asked`: for each turn id, the row of the user's latest turn with it. */
function addTurn(
  started: Map<string, SessionRow>,
  patches: Map<string, SessionPatch>,
  turns: Map<string, TurnRow>,
  asked: Map<string, string>,
  turn: TurnRow,
): void {
  const key = `${turn.session_id}/${turn.revision}`;
  if (turns.has(key)) return;
  const row = started.get(turn.session_id);
  const session = row ?? patches.get(turn.session_id);
  const ordered_at = latest(turn.ordered_at, session?.last_activity_time ?? null);
  const context = row ? contextOf(row) : changedContext(patches.get(turn.session_id));
  turns.set(key, { ...turn, ...context, ordered_at, partner_id: row?.partner_id ?? null });
  if (turn.sender === 'user') asked.set(`${turn.session_id}/${turn.turn_id}`, key);
}

/** As for a turn, the session's row or patch must include it. */
function addMilestone(
  started: ReadonlyMap<string, SessionRow>,
  patches: ReadonlyMap<string, SessionPatch>,
  milestones: Map<string, MilestoneRow>,
  milestone: MilestoneRow,
): void {
  const row = started.get(milestone.session_id);
  const session = row ?? patches.get(milestone.session_id);
  const at = latest(milestone.at, session?.last_activity_time ?? null);
  const partner_id = row?.partner_id ?? milestone.partner_id;
  milestones.set(`${milestone.session_id}/${milestone.revision}`, { ...milestone, at, partner_id });
}

/** The context of a turn whose session row is in the batch. */
export function contextOf({ channel, current_task, open_inquiries }: SessionRow): TurnContext {
  const inquiry_id = open_inquiries.at(-1) ?? null;
  return {
    channel,
    goal_known: true,
    goal: current_task,
    goals_cleared: [],
    inquiry_id,
    inquiries_closed: [],
  };
}

/** The changes of a session since its row before the batch; SQL adds the rest. */
function changedContext(patch: SessionPatch | undefined): Partial<TurnContext> {
  if (patch === undefined) return {};
  const { channel, task_known, current_task, tasks_cleared, inquiries_opened, inquiries_closed } = patch;
  return {
    channel,
    goal_known: task_known,
    goal: current_task,
    goals_cleared: tasks_cleared,
    inquiry_id: inquiries_opened.at(-1) ?? null,
    inquiries_closed,
  };
}

function addReply(
  turns: Map<string, TurnRow>,
  asked: ReadonlyMap<string, string>,
  replies: Map<string, ReplyRow>,
  reply: ReplyRow,
): void {
  const id = `${reply.session_id}/${reply.turn_id}`;
  const { response_text, response_revision } = reply;
  const key = asked.get(id);
  const turn = key === undefined ? undefined : turns.get(key);
  if (key === undefined || turn === undefined) replies.set(id, reply);
  else turns.set(key, { ...turn, response_text, response_revision });
}

/** The later of two times in the same format; null: none. */
export function latest<T extends string | null>(one: T, other: string | null): T | string {
  return other !== null && (one === null || other > one) ? other : one;
}

function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1_000).toISOString();
}
