import type { Decision } from '../kernel/decision.ts';
import { accept } from '../kernel/decision.ts';
import type { Json } from '../kernel/json.ts';
import { canonicalJson } from '../kernel/json.ts';
import type { CellRejection } from '../cells/decide.ts';
import { decideMove } from '../cells/decide.ts';
import { evolveHome } from '../cells/evolve.ts';
import type { ArrivePartner, AssignSession, MovePartner, PartnerCommand, SessionUpdate } from './commands.ts';
import { cancelByContact, decidePrivacy, obstacleToSessions, underWay } from './decide-privacy.ts';
import type { PrivacyRejection } from './decide-privacy.ts';
import type { PartnerEvent } from './events.ts';
import { evolvePartner } from './evolve.ts';
import { applyChanges } from './memory.ts';
import type { ListedSession, PartnerState } from './state.ts';
import { listedSessions, noChanges } from './state.ts';

/** Decides a command about a partner. A session is listed once; once it has left the list, it changes nothing. */
export function decidePartner(
  command: PartnerCommand,
  partner: PartnerState,
): Decision<PartnerEvent, PrivacyRejection | CellRejection> {
  const { partner_id } = command;
  if (command.type === 'AssignSession') {
    const obstacle = obstacleToSessions(partner);
    if (obstacle !== undefined) return obstacle;
    if (isListed(partner, command.session_id)) return accept();
    const cancelled = cancelByContact(partner_id, partner);
    const before = cancelled.reduce(evolvePartner, partner);
    const data = { partner_id, ...assign(command, before) };
    return accept<PartnerEvent>(...cancelled, { type: 'PartnerSessionAssigned', data });
  }
  if (command.type === 'RememberSession') {
    // A late memory would need a key again.
    if (partner.privacy?.erasure?.status === 'requested') return accept();
    const state = settle(update(partner, [command.update]));
    if (isSame(state, partner)) return accept();
    return accept<PartnerEvent>({ type: 'PartnerRemembered', data: { partner_id, ...state } });
  }
  if (command.type === 'MovePartner' || command.type === 'ArrivePartner')
    return decideMovement(command, partner);
  return decidePrivacy(command, partner);
}

/** A partner moves by the rules of a session; during an erasure it stays. */
function decideMovement(
  command: MovePartner | ArrivePartner,
  partner: PartnerState,
): Decision<PartnerEvent, PrivacyRejection | CellRejection> {
  const { partner_id } = command;
  const isLeaving = command.type === 'MovePartner';
  if (isLeaving && partner.privacy?.erasure?.status === 'requested') return underWay();
  const decision = decideMove(
    isLeaving ? { ...command, type: 'MoveSession' } : { ...command, type: 'ArriveSession' },
    partner.home,
  );
  if ('rejection' in decision) return decision;
  return accept(
    ...decision.events.map((event): PartnerEvent => {
      const data = { partner_id, ...partner, home: evolveHome(event) };
      return isLeaving ? { type: 'PartnerMoved', data } : { type: 'PartnerArrived', data };
    }),
  );
}

function isListed({ sessions }: PartnerState, sessionId: string): boolean {
  return sessions.some(({ session_id }) => session_id === sessionId);
}

function assign(command: AssignSession, partner: PartnerState): PartnerState {
  const { session_id, completable, language, updates } = command;
  const assigned: ListedSession = {
    session_id,
    previous_session_id: partner.last_session_id,
    completable,
    over: false,
    changes: { ...noChanges, language },
  };
  const { sessions, ...rest } = update(partner, updates);
  return settle({ ...rest, last_session_id: session_id, sessions: [...sessions, assigned] });
}

function update(partner: PartnerState, updates: readonly SessionUpdate[]): PartnerState {
  const sessions = partner.sessions.map((session) => ({
    ...session,
    ...updates.find(({ session_id }) => session_id === session.session_id),
  }));
  return { ...partner, sessions };
}

/** Merges the oldest sessions into the memory while they are over or exceed the limit. */
function settle(partner: PartnerState): PartnerState {
  const [oldest, ...sessions] = partner.sessions;
  if (oldest === undefined || !(oldest.over || partner.sessions.length > listedSessions)) return partner;
  return settle({ ...partner, memory: applyChanges(partner.memory, oldest.changes), sessions });
}

function isSame(a: PartnerState, b: PartnerState): boolean {
  return canonicalJson(a as unknown as Json) === canonicalJson(b as unknown as Json);
}
