import type { Answer, CommandEntry, StoredEvent } from '../common/history.ts';
import { followsErasure, nameOf, said } from './attempts.ts';
import { decide, labelsOf } from './decide.ts';
import type { Evidence, SessionEvidence } from './evidence.ts';
import { Findings, groupBy, stateAt } from './evidence.ts';

/** Every acknowledged command is in its stream exactly once, a refused one not at all, an unknown one once or not at all. */
export function checkCommands({ sessions, history }: Evidence, findings: Findings): void {
  for (const session of sessions) {
    session.events.forEach(({ revision }, index) => {
      if (revision !== index) findings.add('stream_gap', `${session.session_id} has ${revision} at ${index}`);
    });
    for (const attempts of session.commands.values()) checkCommand(session, attempts, findings);
    checkKeys(session, findings);
  }
  for (const entry of history)
    if (entry.kind === 'command' && entry.status === 500) findings.add('internal_error', nameOf(entry));
}

function checkCommand(session: SessionEvidence, attempts: readonly CommandEntry[], findings: Findings): void {
  const [first] = attempts;
  if (first === undefined) return;
  const events = session.eventsOf.get(first.op) ?? [];
  for (const attempt of attempts.filter((one) => said(one) === 'done')) checkDone(attempt, events, findings);
  const sayings = new Set(attempts.map(said));
  const isOpen = sayings.has('done') || sayings.has('nothing');
  if (!isOpen && events.length > 0) findings.add('refused_command_applied', nameOf(first));
  const { erasure } = session;
  const final = attempts.find((one) => one.final && said(one) === 'refused' && !followsErasure(one, erasure));
  if (final && events.length > 0) findings.add('unknown_outcome_contradicted', nameOf(final));
  checkRepetitions(
    attempts.filter((one) => !followsErasure(one, erasure)),
    findings,
  );
  if (events.length > 0) checkDecision(session, first, events, findings);
}

/** The acknowledged events and revision match the stream. */
function checkDone(attempt: CommandEntry, events: readonly StoredEvent[], findings: Findings): void {
  const told = toldBy(attempt, events);
  const stored = new Map(events.map((event) => [event.event_id, event]));
  const isThere = told.every(({ event_id, type, revision }) => {
    const event = stored.get(event_id);
    return event?.type === type && event.revision === revision;
  });
  if (!isThere) findings.add('acknowledged_command_lost', `${nameOf(attempt)}: ${JSON.stringify(told)}`);
  else if (events.length > told.length)
    findings.add(
      'command_twice',
      `${nameOf(attempt)}: told ${told.length} events, ${events.length} are there`,
    );
  if (attempt.answer?.revision !== told.at(-1)?.revision)
    findings.add('wrong_revision', `${nameOf(attempt)} told revision ${attempt.answer?.revision}`);
}

/** The events in an answer. The answer to an inquiry names the inquiry instead of its events. */
function toldBy({ answer }: CommandEntry, events: readonly StoredEvent[]): NonNullable<Answer['events']> {
  if (answer?.inquiry_id === undefined) return answer?.events ?? [];
  const opened = events.filter(({ type }) => type === 'InquiryOpened');
  const isIts = opened.length === 1 && opened[0]?.data['inquiry_id'] === answer.inquiry_id;
  return isIts ? events : [{ event_id: answer.inquiry_id, type: 'InquiryOpened', revision: -1 }];
}

/** Once a command is acknowledged, the same request has the same answer. */
function checkRepetitions(attempts: readonly CommandEntry[], findings: Findings): void {
  const done = attempts.find((one) => said(one) === 'done');
  if (done === undefined) return;
  for (const later of attempts)
    if (later.start > done.end && said(later) !== 'nothing' && said(later) !== 'done')
      findings.add('repetition_answered_otherwise', `${nameOf(later)} ${JSON.stringify(later.answer)}`);
}

/** The events are those that the command must have at its place in the stream, in one append. */
function checkDecision(
  session: SessionEvidence,
  command: CommandEntry,
  events: readonly StoredEvent[],
  findings: Findings,
): void {
  const before = (events[0]?.revision ?? 0) - 1;
  const state = stateAt(session, before);
  if (state === undefined) return;
  const isTogether = events.every(({ revision }, index) => revision === before + 1 + index);
  const outcome = decide(state, command);
  const wanted = 'events' in outcome ? outcome.events.join() : outcome.refused;
  const got = labelsOf(events).join();
  if (!isTogether || wanted !== got)
    findings.add('wrong_decision', `${nameOf(command)} at ${before}: ${got}, not ${wanted}`);
  if (command.if_match !== null && command.if_match !== before)
    findings.add(
      'if_match_ignored',
      `${nameOf(command)} expected ${command.if_match}, was appended on ${before}`,
    );
}

/** A key belongs to one command only. */
function checkKeys(session: SessionEvidence, findings: Findings): void {
  const firsts = [...session.commands.values()].flatMap(([first]) =>
    first && first.key !== null ? [first] : [],
  );
  for (const [key, commands] of groupBy(firsts, (command) => command.key ?? '')) {
    if (commands.length < 2) continue;
    const recorded = commands.filter(({ op }) => session.eventsOf.has(op));
    if (recorded.length > 1) findings.add('key_used_twice', `${key} in ${session.session_id}`);
    const [original] = commands;
    for (const other of commands.slice(1)) {
      const answers = session.commands.get(other.op) ?? [];
      const isOriginalsAnswer = answers.some((one) =>
        isAnswerOf(one, session.eventsOf.get(original?.op ?? '') ?? []),
      );
      if (isOriginalsAnswer)
        findings.add('key_used_twice', `${nameOf(other)} got the answer of ${original?.op}`);
    }
  }
}

function isAnswerOf({ answer }: CommandEntry, events: readonly StoredEvent[]): boolean {
  return answer?.events?.some(({ event_id }) => events.some((event) => event.event_id === event_id)) ?? false;
}
