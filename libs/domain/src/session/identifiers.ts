import { aboutOf } from '../inquiries/about.ts';
import type { SessionCommand } from './commands.ts';

type Fields<C> = C extends SessionCommand ? readonly Exclude<keyof C, 'type'>[] : never;

/**
 * The fields of each command that are identifiers: ids, names, times, choices. All other fields are free-form: they may
 * contain any text of a person, so personal values in them become tokens.
 */
export const identifierFields: { readonly [C in SessionCommand as C['type']]: Fields<C> } = {
  StartSession: ['partner_id', 'channel', 'language', 'expires_in_s'],
  ForkSession: ['partner_id', 'source', 'latest', 'purpose', 'expires_in_s'],
  MoveSession: ['move_id', 'from', 'to'],
  ArriveSession: ['move_id', 'cell'],
  SwitchChannel: ['channel'],
  ChangePreferences: [],
  EndSession: [],
  ExpireSession: ['now'],
  EraseSession: ['partner_id', 'erasure_id'],
  RecordTurn: [
    'turn_id',
    'message_id',
    'sender',
    'parsed_intent',
    'intent_confidence',
    'in_reply_to',
    'bot_action',
  ],
  RaiseFlag: ['flag'],
  ClearFlag: ['flag'],
  SetGoal: ['goal'],
  UpdateGoal: ['goal', 'status'],
  RequestHandoff: [],
  AcceptHandoff: ['accepted_by'],
  ReturnHandoff: [],
  RecordExternalUpdate: [
    'system',
    'kind',
    'reference',
    'references',
    'source_event_id',
    'occurred_at_source',
  ],
  OpenInquiry: ['inquiry_id', 'kind', 'declared', 'timeout_ms', 'owners', 'now'],
  AnswerInquiry: ['inquiry_id', 'source', 'attempt', 'reply_id', 'origin', 'now'],
  FailInquirySource: ['inquiry_id', 'source', 'attempt', 'retryable', 'reply_id', 'origin', 'now'],
  CloseInquiry: ['inquiry_id', 'sent', 'now'],
  CancelInquiry: ['inquiry_id'],
  AttachAgent: ['instance', 'pool', 'node', 'after', 'reason', 'replaces', 'owned'],
  DetachAgent: ['instance', 'epoch', 'reason', 'waiting'],
  AcknowledgeUpdate: ['instance', 'epoch', 'updates'],
};

/** The texts of a command that are known to be ids: the references found by its declaration. */
export function referencesIn(command: SessionCommand): string[] {
  if (command.type === 'RecordExternalUpdate')
    return [
      ...Object.values(command.references ?? {}),
      ...(command.reference === null ? [] : [command.reference]),
    ];
  return command.type === 'OpenInquiry' ? Object.values(aboutOf(command)) : [];
}
