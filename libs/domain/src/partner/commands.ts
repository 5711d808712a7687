import type { Command } from '../kernel/command.ts';
import type { ErasureReceipt, ErasureRequest, LegalHold } from './privacy.ts';
import type { MemoryChanges } from './state.ts';

/** The changes of a listed session so far. */
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
    /** The language chosen by the caller. */
    language: string | null;
    /** The changes of the sessions listed before. */
    updates: readonly SessionUpdate[];
  }
>;

export type RememberSession = Command<'RememberSession', { partner_id: string; update: SessionUpdate }>;

/** Erases the partner, but not before `keep_until` (null: now). */
export type RequestErasure = Command<
  'RequestErasure',
  { partner_id: string; request: ErasureRequest; keep_until: string | null }
>;
/** Erases the partner at a time, unless there is contact before. */
export type AnnounceErasure = Command<
  'AnnounceErasure',
  { partner_id: string; request: ErasureRequest; due_at: string }
>;
/** The time of an announced erasure, or the end of a restriction, has come. */
export type BeginErasure = Command<'BeginErasure', { partner_id: string; now: string }>;
export type CancelErasure = Command<'CancelErasure', { partner_id: string }>;
export type FinishErasure = Command<'FinishErasure', { partner_id: string; receipt: ErasureReceipt }>;
export type PlaceHold = Command<'PlaceHold', { partner_id: string; hold: LegalHold }>;
export type LiftHold = Command<'LiftHold', { partner_id: string }>;
/** Drops what is remembered of a partner who was erased before, except the receipt. */
export type ForgetMemory = Command<'ForgetMemory', { partner_id: string }>;

export type PrivacyCommand =
  | RequestErasure
  | AnnounceErasure
  | BeginErasure
  | CancelErasure
  | FinishErasure
  | PlaceHold
  | LiftHold
  | ForgetMemory;

/** Like those of a session: the partner leaves its cell, and accepts commands in a cell. */
export type MovePartner = Command<
  'MovePartner',
  { partner_id: string; move_id: string; from: string; to: string }
>;
export type ArrivePartner = Command<'ArrivePartner', { partner_id: string; move_id: string; cell: string }>;

export type PartnerCommand = AssignSession | RememberSession | PrivacyCommand | MovePartner | ArrivePartner;
