import { isSessionEventType, personalFields } from '#domain';
import type { AnyRules } from './mask.ts';

/** Personal by what they are, and not declared as such yet. */
const undeclared: Readonly<Record<string, readonly string[]>> = {
  SessionStarted: ['open_goals'],
  SessionEnded: ['reason'],
  TurnRecorded: ['message_id'],
  GoalSet: ['step'],
  GoalAdvanced: ['step'],
  InquiryOpened: ['subject', 'requests'],
  InquiryAnswered: ['requests'],
  InquiryFailed: ['retry'],
};

/** What the fields of an event's data are, by its type. Of a type that is not known nothing is shown. */
export function rulesOfEvent(type: string): AnyRules {
  if (!isSessionEventType(type)) return 'masked';
  const personal = [...personalFields[type], ...(undeclared[type] ?? [])];
  return { ...Object.fromEntries(personal.map((field) => [field, 'masked'] as const)), '*': 'plain' };
}
