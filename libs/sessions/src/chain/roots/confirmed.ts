import type { HistoryKeys, Signed } from '../signing.ts';
import type { StoredRoot } from './ledger.ts';
import { parseStatement, statementHash } from './ledger.ts';

/**
 * The hashes of the statements that exported roots confirm: their own, and those of the roots before them, since each root names its
 * predecessor. An exported root counts unless its signature is broken: who keeps it vouches for it, also after its key was removed.
 */
export function confirmedBy(
  exported: readonly Signed[],
  stored: readonly StoredRoot[],
  keys: HistoryKeys,
): ReadonlySet<string> {
  const confirmed = new Set<string>();
  const confirm = (root: Signed): void => {
    confirmed.add(statementHash(root));
    const { previous } = parseStatement(root);
    if (previous !== null) confirmed.add(previous);
  };
  for (const root of exported) if (['valid', 'no_key'].includes(keys.check(root))) confirm(root);
  for (const root of stored.toReversed())
    if (typeof root.statement === 'string' && confirmed.has(statementHash(root))) confirm(root);
  return confirmed;
}
