import type { Command } from '../kernel/command.ts';

export type RequestHandoff = Command<'RequestHandoff', { reason: string | null }>;
export type AcceptHandoff = Command<'AcceptHandoff', { accepted_by: string }>;
export type ReturnHandoff = Command<'ReturnHandoff', { note: string | null }>;

export type HandoffCommand = RequestHandoff | AcceptHandoff | ReturnHandoff;
