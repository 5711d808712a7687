import type { Command } from '../kernel/command.ts';
import type { MemoryChanges } from './state.ts';

/** What a listed session has changed by now. */
export interface SessionUpdate {
  readonly session_id: string;
  readonly over: boolean;
  readonly changes: MemoryChanges;
}

/** Lists a session that is about to start. */
export type AssignSession = Command<
  'AssignSession',
  {
    partner_id: string;
    session_id: string;
    completable: boolean;
    /** The language that its caller chose. */
    language: string | null;
    /** What those that were listed before have changed. */
    updates: readonly SessionUpdate[];
  }
>;

export type RememberSession = Command<'RememberSession', { partner_id: string; update: SessionUpdate }>;

export type PartnerCommand = AssignSession | RememberSession;
