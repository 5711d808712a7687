import type { AcknowledgedUpdate, AttachReason, DetachReason } from './events.ts';

type Command<Type extends string, Data> = { readonly type: Type } & Readonly<Data>;

export type AttachAgent = Command<
  'AttachAgent',
  {
    instance: string;
    pool: string;
    node: string;
    after: number | null;
    reason: AttachReason;
    /** The epoch of the holder that is replaced; null: whoever it is. */
    replaces: number | null;
  }
>;
export type DetachAgent = Command<
  'DetachAgent',
  { instance: string; epoch: number; reason: DetachReason; waiting: boolean }
>;
export type AcknowledgeUpdate = Command<
  'AcknowledgeUpdate',
  { instance: string; epoch: number; updates: readonly AcknowledgedUpdate[] }
>;

export type AgentCommand = AttachAgent | DetachAgent | AcknowledgeUpdate;
