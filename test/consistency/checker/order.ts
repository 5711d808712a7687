import type { CommandEntry } from '../common/history.ts';
import { followsErasure, nameOf, said, saysClosed } from './attempts.ts';
import { decide } from './decide.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { Findings, isOfCaller, stateAt } from './evidence.ts';
import type { Model, Operation } from './linearizability.ts';
import { isLinearizable } from './linearizability.ts';

/**
 * An operation on a session's stream: it takes effect at revision `at`, and leaves the stream at revision `leaves`.
 */
interface Step {
  readonly at: number;
  readonly leaves: number;
}

/** The maximum number of open inquiries of a session. */
const inquiriesOpen = 8;

const streamModel: Model<number, Step> = {
  initial: -1,
  step: (revision, { at, leaves }) => (revision === at ? leaves : undefined),
  key: String,
};

/** The commands of each session take effect one after the other, each between its request and its answer. */
export function checkOrder({ sessions }: Evidence, findings: Findings): void {
  for (const session of sessions) {
    const operations = [...session.commands.values()].flatMap((attempts) => [
      ...appends(session, attempts),
      ...attempts.flatMap((attempt) => looks(session, attempt, attempts, findings)),
    ]);
    const isOrdered = isLinearizable(streamModel, [...operations, ...appendsOfOthers(session)]);
    if (!isOrdered) findings.add('not_linearizable', `the commands of session ${session.session_id}`);
  }
}

/** A command in the stream took effect between its first request and the first answer that acknowledges it. */
function appends(session: SessionEvidence, attempts: readonly CommandEntry[]): Operation<Step>[] {
  const events = session.eventsOf.get(attempts[0]?.op ?? '') ?? [];
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return [];
  const answers = attempts.filter((one) => said(one) === 'done').map(({ end }) => end);
  const input = { at: first.revision - 1, leaves: last.revision };
  return [
    { call: Math.min(...attempts.map(({ start }) => start)), return: Math.min(Infinity, ...answers), input },
  ];
}

/** The system's own events (agents, expiry, inquiries) may happen at any time. */
function appendsOfOthers({ events, commands }: SessionEvidence): Operation<Step>[] {
  return events
    .filter((event) => !isOfCaller(event) || !commands.has(String(event.metadata['$correlationId'])))
    .map(({ revision }) => ({
      call: -Infinity,
      return: Infinity,
      input: { at: revision - 1, leaves: revision },
    }));
}

/**
 * A refusal, or an answer without effect, names a revision: the stream must have been there, and the answer must be
 * right for it.
 */
function looks(
  session: SessionEvidence,
  attempt: CommandEntry,
  attempts: readonly CommandEntry[],
  findings: Findings,
): Operation<Step>[] {
  const saying = said(attempt);
  const { answer, status, if_match, start, end } = attempt;
  if (saying === 'done' || saying === 'nothing' || status === 422) return [];
  if (saysClosed(attempt)) {
    if (!followsErasure(attempt, session.erasure))
      findings.add(
        'wrong_refusal',
        `${nameOf(attempt)} ${JSON.stringify(answer)}, and no erasure is asked for`,
      );
    return [];
  }
  if (status === 404 || status === 400) {
    const isStarted = startedBefore(session, start);
    if (status === 400 || isStarted)
      findings.add('wrong_refusal', `${nameOf(attempt)} ${JSON.stringify(answer)}`);
    return [];
  }
  const at = (saying === 'refused' ? answer?.current_revision : answer?.revision) ?? -1;
  const state = stateAt(session, at);
  if (state === undefined) {
    findings.add('wrong_refusal', `${nameOf(attempt)} speaks of revision ${at}, which is not there`);
    return [];
  }
  const isRight = status === 412 ? if_match !== null && if_match !== at : isRightAt(attempt);
  // A concurrent repetition of a command in the stream may get another answer.
  if (!isRight && !attempts.some((one) => said(one) === 'done'))
    findings.add('wrong_refusal', `${nameOf(attempt)} at ${at} ${JSON.stringify(answer)}`);
  return [{ call: start, return: end, input: { at, leaves: at } }];

  function isRightAt(command: CommandEntry): boolean {
    const outcome = decide(state ?? session.states[0] ?? fail(), command);
    // The node's clock decides which inquiries are overdue.
    if (answer?.reason === 'too_many_inquiries') return (state?.inquiries.length ?? 0) >= inquiriesOpen;
    if (saying === 'refused') return 'refused' in outcome && outcome.refused === answer?.reason;
    return 'events' in outcome && outcome.events.length === 0 && (if_match === null || if_match === at);
  }
}

function fail(): never {
  throw new Error('A session has a state before its first event.');
}

/** Whether a client knew before a time that the session was started. */
export function startedBefore({ commands }: SessionEvidence, time: number): boolean {
  return [...commands.values()].some(
    (attempts) =>
      attempts[0]?.items[0]?.type === 'StartSession' &&
      attempts.some((one) => said(one) === 'done' && one.end < time),
  );
}
