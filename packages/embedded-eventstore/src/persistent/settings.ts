import type { FilterOptions, StartPosition, StartRevision } from '../wire/read-request.ts';

export const STRATEGIES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** The configuration of a group, stored in the stream `$persistentSubscriptionConfig`. */
export interface GroupConfig {
  /** `$all` for a group on $all. */
  readonly stream: string;
  readonly group: string;
  readonly filter: FilterOptions | undefined;
  /** The start as requested. */
  readonly startFrom: StartRevision | StartPosition;
  /** Revision or position after which the group starts, resolved at the time of the request. */
  readonly startAfter: number;
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  /** 0: unlimited. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly strategy: Strategy;
}

export const groupKey = (stream: string, group: string): string => `${stream}::${group}`;

export const checkpointStream = ({ stream, group }: GroupConfig): string =>
  `$persistentsubscription-${groupKey(stream, group)}-checkpoint`;

export const parkedStream = ({ stream, group }: GroupConfig): string =>
  `$persistentsubscription-${groupKey(stream, group)}-parked`;

/** A group on $all ignores the streams of groups: otherwise its own checkpoints would keep adding new events. */
export const isGroupStream = (stream: string): boolean => /^(\$\$)?\$persistentsubscription-/.test(stream);

/** Why the configuration is not valid; undefined when it is. */
export const configFault = (config: GroupConfig): string | undefined => {
  const { readBatchSize, historyBufferSize, liveBufferSize } = config;
  if (config.group === '') return 'The group name must not be empty';
  if (readBatchSize <= 0) return 'The read batch size must be greater than 0';
  if (historyBufferSize <= 0) return 'The history buffer size must be greater than 0';
  if (liveBufferSize < 0) return 'The live buffer size must not be negative';
  if (readBatchSize > historyBufferSize)
    return 'The read batch size may not be greater than the history buffer size';
  if (config.maxRetryCount < 0 || config.maxSubscriberCount < 0) return 'Counts must not be negative';
  return undefined;
};

/** Formats a start for GetInfo. */
export const formatStart = (from: StartRevision | StartPosition, isAll: boolean): string => {
  if (typeof from === 'object') return formatAllPosition(from.commit, from.prepare);
  const number = from === 'start' ? 0 : from === 'end' ? -1 : from;
  return isAll ? formatAllPosition(number, number) : String(number);
};

/** Formats a revision or a position for GetInfo; empty when there is none. */
export const formatKnown = (value: number, isAll: boolean): string => {
  if (value < 0 || (isAll && value === 0)) return '';
  return isAll ? formatAllPosition(value, value) : String(value);
};

const formatAllPosition = (commit: number, prepare: number): string => `C:${commit}/P:${prepare}`;
