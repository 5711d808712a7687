import { createHash } from 'node:crypto';
import type { CommandItem, StartSession } from '@turnstream/sdk';
import { v4 } from 'uuid';
import { uuidV5 } from '#platform';
import { Failure } from '../shared/failure.ts';

export type TurnItem = Extract<CommandItem, { type: 'RecordTurn' }>;

/** A conversation of a file, as commands. The same file gives the same ids, so that a repeated import adds nothing. */
export interface Conversation {
  readonly session_id: string;
  readonly start: StartSession;
  /** Each of these is one append. */
  readonly steps: readonly (readonly CommandItem[])[];
}

export function turnsOf({ steps }: Conversation): TurnItem[] {
  return steps.flat().filter((item) => item.type === 'RecordTurn');
}

export function countTurns(conversations: readonly Conversation[]): number {
  return conversations.reduce((sum, conversation) => sum + turnsOf(conversation).length, 0);
}

const channels = ['whatsapp', 'ivr', 'mobile_app'] as const;

/**
 * The session of a conversation. Its id has the form of a random one, but derives from the names of the file and the
 * conversation.
 */
export function sessionOf(
  file: string,
  name: string,
  partner_id: string,
): Pick<Conversation, 'session_id' | 'start'> {
  const random = createHash('sha256').update(`${file}\n${name}`).digest();
  const session_id = v4({ random: random.subarray(0, 16) });
  const channel = channels[random.readUInt8(16) % channels.length] ?? 'whatsapp';
  return { session_id, start: { session_id, partner_id, channel, language: 'en' } };
}

/** The id of a session's n-th turn. */
export function turnId(sessionId: string, index: number): string {
  return uuidV5(`turn:${index}`, sessionId);
}

export type Fields = Readonly<Record<string, unknown>>;

/** Readers for a file's JSON; their errors name the wrong place. */
export function object(value: unknown, place: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Failure(`${place} should be an object.`);
}

export function list(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Failure(`${place} should be a list.`);
}

export function text(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Failure(`${place} should be a string.`);
}
