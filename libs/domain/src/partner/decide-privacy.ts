import type { Decision, Rejected } from '../kernel/decision.ts';
import { accept, reject } from '../kernel/decision.ts';
import { unknownCommand } from '../kernel/unknown.ts';
import type { PrivacyCommand } from './commands.ts';
import type { PartnerEvent } from './events.ts';
import type { ErasureReceipt, PartnerPrivacy } from './privacy.ts';
import type { PartnerState } from './state.ts';
import { newPartner, noChanges } from './state.ts';

export type PrivacyRejection =
  | 'legal_hold'
  | 'erasure_in_progress'
  | 'partner_restricted'
  | 'no_erasure'
  | 'no_hold'
  | 'erasure_not_due';
type PrivacyDecision = Decision<PartnerEvent, PrivacyRejection>;

/** Decides a command about a partner's erasure or legal hold. A command whose effect is already in place changes nothing. */
export function decidePrivacy(command: PrivacyCommand, partner: PartnerState): PrivacyDecision {
  const { erasure, hold } = partner.privacy ?? {};
  switch (command.type) {
    case 'RequestErasure':
      return requestErasure(command, partner);
    case 'AnnounceErasure': {
      if (erasure !== undefined) return accept();
      if (hold !== undefined) return held();
      const { request, due_at } = command;
      return change(partner, command, 'PartnerErasureAnnounced', {
        erasure: { ...request, status: 'announced', due_at },
      });
    }
    case 'BeginErasure': {
      if (erasure === undefined) return reject('no_erasure', 'No erasure of the partner is asked for.');
      if (erasure.status === 'requested') return accept();
      if (hold !== undefined) return held();
      if (command.now < erasure.due_at)
        return reject('erasure_not_due', `The partner is not erased before ${erasure.due_at}.`);
      const { due_at: _due, ...request } = erasure;
      const after = erasure.status === 'announced' ? 'announcement' : 'restriction';
      return change(partner, command, 'PartnerErasureRequested', {
        erasure: { ...request, status: 'requested', after },
      });
    }
    case 'CancelErasure':
      if (erasure === undefined) return reject('no_erasure', 'No erasure of the partner is asked for.');
      if (erasure.status === 'requested') return underWay();
      return change(partner, command, 'PartnerErasureCancelled', { erasure: undefined });
    case 'FinishErasure': {
      if (erasure?.erasure_id !== command.receipt.erasure_id) return accept();
      return onlyReceipt(partner, command.partner_id, command.receipt);
    }
    case 'PlaceHold':
      if (erasure?.status === 'requested') return underWay();
      if (hold?.reason === command.hold.reason) return accept();
      return change(partner, command, 'LegalHoldPlaced', { hold: command.hold });
    case 'LiftHold':
      if (hold === undefined) return reject('no_hold', 'There is no legal hold on the partner.');
      return change(partner, command, 'LegalHoldLifted', { hold: undefined });
    case 'ForgetMemory': {
      const { receipt } = partner.privacy ?? {};
      if (hold !== undefined) return held();
      if (erasure !== undefined) return underWay();
      if (receipt === undefined) return reject('no_erasure', 'The partner was never erased.');
      if (partner.last_session_id === null && partner.sessions.length === 0) return accept();
      return onlyReceipt(partner, command.partner_id, receipt);
    }
    default:
      return unknownCommand(command);
  }
}

function onlyReceipt({ home }: PartnerState, partner_id: string, receipt: ErasureReceipt): PrivacyDecision {
  const data = { partner_id, privacy: { receipt }, ...(home === undefined ? {} : { home }) };
  return accept<PartnerEvent>({ type: 'PartnerErased', data });
}

/** The data have to be kept until `keep_until`: until then they are restricted, then erased. */
function requestErasure(
  command: PrivacyCommand & { type: 'RequestErasure' },
  partner: PartnerState,
): PrivacyDecision {
  const { erasure, hold } = partner.privacy ?? {};
  const { request, keep_until } = command;
  if (erasure !== undefined && erasure.status !== 'announced') return accept();
  if (hold !== undefined) return held();
  return keep_until !== null && keep_until > request.requested_at
    ? change(partner, command, 'PartnerRestricted', {
        erasure: { ...request, status: 'restricted', due_at: keep_until },
      })
    : change(partner, command, 'PartnerErasureRequested', {
        erasure: { ...request, status: 'requested', after: 'request' },
      });
}

/** Contact cancels an erasure that was only announced. */
export function cancelByContact(partner_id: string, partner: PartnerState): readonly PartnerEvent[] {
  if (partner.privacy?.erasure?.status !== 'announced') return [];
  const decision = decidePrivacy({ type: 'CancelErasure', partner_id }, partner);
  return 'events' in decision ? decision.events : [];
}

/** Why no session of a partner can start; undefined: one can. */
export function obstacleToSessions({
  privacy,
}: PartnerState): Rejected<'erasure_in_progress' | 'partner_restricted'> | undefined {
  const status = privacy?.erasure?.status;
  if (status === 'requested') return underWay();
  if (status !== 'restricted') return undefined;
  const reason =
    'The erasure of the partner is asked for, and the data are kept only as long as the law demands.';
  return reject('partner_restricted', reason);
}

type StateEvent = Exclude<PartnerEvent, { type: 'PartnerErased' }>;

function change(
  partner: PartnerState,
  { partner_id }: PrivacyCommand,
  type: StateEvent['type'],
  changes: { readonly [Member in keyof PartnerPrivacy]: PartnerPrivacy[Member] | undefined },
): PrivacyDecision {
  const members = Object.entries({ ...partner.privacy, ...changes }).filter(
    ([, value]) => value !== undefined,
  );
  const privacy = Object.fromEntries(members) as PartnerPrivacy;
  const state = type === 'PartnerErasureRequested' ? forgotten(partner) : partner;
  return accept<PartnerEvent>({ type, data: { partner_id, ...state, privacy } });
}

/** The erasure is irreversible from here on: only the ids of the sessions are still needed. */
function forgotten(partner: PartnerState): PartnerState {
  const sessions = partner.sessions.map((session) => ({ ...session, changes: noChanges }));
  return { ...partner, memory: newPartner.memory, sessions };
}

function held(): PrivacyDecision {
  return reject('legal_hold', 'A legal hold on the partner blocks it.');
}

export function underWay(): Rejected<'erasure_in_progress'> {
  return reject('erasure_in_progress', 'The partner is being erased.');
}
