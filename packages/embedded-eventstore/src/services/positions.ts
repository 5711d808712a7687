import type { Store } from '../store/store.ts';
import type { StartPosition, StartRevision } from '../wire/read-request.ts';
import { invalidArgument, unknownError, type RpcError } from '../rpc/errors.ts';

const START_MISSING = 'A start position is required';

const invalidReadPosition = (): RpcError => unknownError('InvalidPosition');
const invalidSubscriptionPosition = (): RpcError =>
  invalidArgument('Trying to read from an invalid position');

/** The revision after which a stream subscription starts. */
export const afterRevision = (
  store: Store,
  stream: { name: string; from: StartRevision | undefined },
): number => {
  if (stream.from === undefined) throw invalidArgument(START_MISSING);
  if (stream.from === 'start') return -1;
  return stream.from === 'end' ? store.reads.lastRevision(stream.name) : stream.from;
};

/** The position after which a subscription to $all starts. */
export const afterPosition = (store: Store, from: StartPosition | undefined): number => {
  if (from === 'start') return 0;
  if (from === 'end') return store.log.last;
  const commit = checkPosition(store, from, invalidSubscriptionPosition);
  // With a prepare position below the commit position, the event at the commit position is still to come.
  return from && from.prepare < commit ? commit - 1 : commit;
};

/** The position of the first event of a read of $all; backwards, of the first event that is not read. */
export const readPosition = (store: Store, from: StartPosition | undefined): number => {
  if (from === 'start') return 0;
  if (from === 'end') return Number.MAX_SAFE_INTEGER;
  return checkPosition(store, from, invalidReadPosition);
};

/** Throws unless the position is that of an event, or after the last one. */
const checkPosition = (
  { log }: Store,
  from: Exclude<StartPosition, string> | undefined,
  invalid: () => RpcError,
): number => {
  if (!from) throw invalidArgument(START_MISSING);
  const { commit, prepare } = from;
  if (commit < prepare)
    throw unknownError(`The commit position ${commit} is before the prepare position ${prepare}`);
  if (commit > log.last) return Math.min(commit, Number.MAX_SAFE_INTEGER);
  if (commit <= log.scavengedTo || log.hasPosition(commit)) return commit;
  throw invalid();
};
