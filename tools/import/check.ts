import type { Session, TurnRow, Turnstream } from '@turnstream/sdk';
import type { RecordedEvent, Session as Folded } from '#domain';
import { canonicalJson, contextOf, evolveSession, newSession } from '#domain';
import type { JsonObject } from '#domain';
import { inParallel, waitUntil } from '#platform';
import type { Conversation, TurnItem } from './conversation.ts';
import { turnsOf } from './conversation.ts';

export interface Checked {
  readonly rows: number;
  readonly contexts: number;
  /** One line per difference. */
  readonly differences: readonly string[];
}

interface CheckOptions {
  readonly parallel: number;
  /** How long to wait for rows and contexts, in milliseconds. */
  readonly timeoutMs: number;
  readonly onChecked?: () => void;
}

/** Compares played conversations with their streams, rows and contexts. */
export async function check(
  turnstream: Turnstream,
  conversations: readonly Conversation[],
  { parallel, timeoutMs, onChecked }: CheckOptions,
): Promise<Checked> {
  const deadline = Date.now() + timeoutMs;
  const differences: string[] = [];
  let [rows, contexts] = [0, 0];
  await inParallel(conversations, parallel, async (conversation) => {
    const session = turnstream.session(conversation.session_id);
    const turns = turnsOf(conversation);
    const { folded, recorded } = await fold(session);
    differences.push(...compareTurns(session.id, 'stream', turns, recorded));
    const table = await askUntil(
      () => Array.fromAsync(session.turns(500)),
      (found) => found.length >= turns.length,
      deadline,
    );
    rows += table.length;
    differences.push(...compareTurns(session.id, 'table', turns, table));
    const wrong = await compareContext(session, folded, deadline);
    if (wrong === undefined) contexts += 1;
    else differences.push(wrong);
    onChecked?.();
  });
  return { rows, contexts, differences };
}

/** Folds a session's events locally, not in the api. @returns the session and the turns among the events */
async function fold(session: Session): Promise<{ folded: Folded; recorded: RecordedTurn[] }> {
  let folded = newSession(session.id);
  const recorded: RecordedTurn[] = [];
  for await (const item of session.events({ limit: 1_000 })) {
    const event = item as unknown as RecordedEvent;
    if (event.revision !== folded.revision + 1)
      throw new Error(`${session.id}: event ${event.revision - 1} is missing`);
    if (event.type === 'TurnRecorded') recorded.push(event.data);
    folded = evolveSession(folded, event);
  }
  return { folded, recorded };
}

type RecordedTurn = Pick<TurnRow, 'turn_id' | 'sender' | 'message_text' | 'parsed_intent'>;

function compareTurns(
  session: string,
  where: string,
  wanted: readonly TurnItem[],
  found: readonly RecordedTurn[],
): string[] {
  if (found.length !== wanted.length)
    return [`${session}: ${wanted.length} turns in the file, ${found.length} in the ${where}`];
  return wanted.flatMap((turn, index) => {
    const other = found[index];
    const same =
      other?.turn_id === turn.turn_id &&
      other?.sender === turn.sender &&
      other.message_text === turn.message_text &&
      other.parsed_intent === (turn.parsed_intent ?? null);
    return same ? [] : [`${session}: turn ${index + 1} of the file differs in the ${where}`];
  });
}

async function compareContext(
  session: Session,
  folded: Folded,
  deadline: number,
): Promise<string | undefined> {
  const context = await askUntil(
    () => session.context({ minRevision: 0 }),
    ({ revision }) => revision >= folded.revision,
    deadline,
  );
  const [found, wanted] = [context, contextOf(folded)].map((item) => item as unknown as JsonObject);
  const fields = Object.keys({ ...found, ...wanted }).filter(
    (field) => canonicalJson(found?.[field]) !== canonicalJson(wanted?.[field]),
  );
  if (fields.length === 0) return undefined;
  const shown = fields.map(
    (field) => `${field}: ${canonicalJson(found?.[field])}, not ${canonicalJson(wanted?.[field])}`,
  );
  return `${session.id}: context differs in ${shown.join('; ').slice(0, 600)}`;
}

/** Polls until the answer is as expected or the time is over. @returns the last answer */
async function askUntil<T>(
  ask: () => Promise<T>,
  isExpected: (answer: T) => boolean,
  deadline: number,
): Promise<T> {
  let answer = await ask();
  if (isExpected(answer)) return answer;
  const isThere = async (): Promise<boolean> => isExpected((answer = await ask()));
  const options = { timeoutMs: deadline - Date.now(), everyMs: 100 };
  await waitUntil(isThere, options).catch(() => undefined);
  return answer;
}
