import type { Command } from '../kernel/command.ts';
import type { AcknowledgedUpdate, AttachReason, DetachReason } from './events.ts';

export type AttachAgent = Command<
  'AttachAgent',
  {
    instance: string;
    pool: string;
    node: string;
    after: number | null;
    reason: AttachReason;
    /** The epoch of the owner to replace; null: any. */
    replaces: number | null;
    /** The epoch under which the requesting connection already owns the session, if it does. */
    owned?: number | undefined;
  }
>;
export type DetachAgent = Command<
  'DetachAgent',
  {
    instance: string;
    epoch: number;
    reason: DetachReason;
    /** Whether the session waits for another instance of the pool. */
    waiting: boolean;
  }
>;
export type AcknowledgeUpdate = Command<
  'AcknowledgeUpdate',
  { instance: string; epoch: number; updates: readonly AcknowledgedUpdate[] }
>;

export type AgentCommand = AttachAgent | DetachAgent | AcknowledgeUpdate;
