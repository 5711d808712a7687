import type { StoredEvent } from './client/page.ts';
import { sessionOf } from './streams.ts';

/** The fact that events of a session's stream are deleted: those with a revision below `before`. */
interface Deletion {
  readonly session_id: string;
  readonly before: number;
}

/** Greater than every revision. */
const everything = Number.MAX_SAFE_INTEGER;
const metaPrefix = '$$';

/** The stream of a stream's metadata. */
export function metastreamOf(stream: string): string {
  return `${metaPrefix}${stream}`;
}

/**
 * The deletion that a system event reports: a tombstone, or metadata whose `$tb` (truncate before) is set; a deletion sets it to
 * 2^63-1. Undefined: none.
 */
export function deletionOf({ streamId, type, isJson, data }: StoredEvent): Deletion | undefined {
  if (type === '$streamDeleted') {
    const session_id = sessionOf(streamId);
    return session_id === undefined ? undefined : { session_id, before: everything };
  }
  if (type !== '$metadata' || !isJson || !streamId.startsWith(metaPrefix)) return undefined;
  const session_id = sessionOf(streamId.slice(metaPrefix.length));
  const before = truncateBefore(data);
  return session_id === undefined || before === undefined ? undefined : { session_id, before };
}

function truncateBefore(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('$tb' in metadata)) return undefined;
  const { $tb } = metadata;
  return typeof $tb === 'number' && $tb > 0 ? Math.min($tb, everything) : undefined;
}
