import type {
  CommandEntry,
  Entry,
  ErasureEntry,
  Finding,
  HandledEntry,
  ReadEntry,
  StoredEvent,
  Stores,
} from '../common/history.ts';
import type { State } from './fold.ts';
import { nothing, statesOf } from './fold.ts';

/** The evidence about one session. */
export interface SessionEvidence {
  readonly session_id: string;
  readonly events: readonly StoredEvent[];
  /** The n-th element is the state after n events. */
  readonly states: readonly State[];
  /** The attempts of each command, by its id, in the order of their starts. */
  readonly commands: ReadonlyMap<string, readonly CommandEntry[]>;
  /** The events of each command, by its id. */
  readonly eventsOf: ReadonlyMap<string, readonly StoredEvent[]>;
  readonly reads: readonly ReadEntry[];
  readonly handled: readonly HandledEntry[];
  /** The erasure of its partner. */
  readonly erasure: ErasureEntry | undefined;
}

export interface Evidence {
  readonly sessions: readonly SessionEvidence[];
  readonly stores: Stores;
  /** Agent instances that were alive when the run ended. */
  readonly alive: ReadonlySet<string>;
  /** By partner. */
  readonly erasures: ReadonlyMap<string, ErasureEntry>;
  readonly history: readonly Entry[];
}

/** Collects findings. */
export class Findings {
  readonly list: Finding[] = [];

  add(rule: string, text: string): void {
    this.list.push({ rule, text });
  }
}

/** Groups the history and the contents of the stores by session. */
export function collect(history: readonly Entry[], stores: Stores): Evidence {
  const commands = groupBy(history.filter(isKind('command')), ({ session_id }) => session_id);
  const reads = groupBy(history.filter(isKind('read')), ({ session_id }) => session_id);
  const handled = groupBy(history.filter(isKind('handled')), ({ session_id }) => session_id);
  const erasures = new Map(history.filter(isKind('erasure')).map((one) => [one.partner_id, one]));
  const ids = new Set([...Object.keys(stores.sessions), ...commands.keys()]);
  const sessions = [...ids].map((session_id): SessionEvidence => {
    const events = stores.sessions[session_id] ?? [];
    const states = statesOf(events);
    return {
      session_id,
      events,
      states,
      erasure: erasures.get(states.at(-1)?.partner_id ?? ''),
      commands: groupBy(commands.get(session_id) ?? [], ({ op }) => op),
      eventsOf: groupBy(events.filter(isOfCaller), ({ metadata }) => String(metadata['$correlationId'])),
      reads: reads.get(session_id) ?? [],
      handled: handled.get(session_id) ?? [],
    };
  });
  const alive = new Set<string>();
  for (const entry of history.filter(isKind('agent'))) {
    if (entry.alive) alive.add(entry.instance);
    else alive.delete(entry.instance);
  }
  return { sessions, stores, alive, erasures, history };
}

/**
 * Whether a caller's command caused an event. Later events of an inquiry carry the id of the command that opened it.
 */
export function isOfCaller({ metadata }: StoredEvent): boolean {
  return (metadata['actor'] as { role: string }).role !== 'system';
}

/** The state at a revision; undefined: beyond the end of the stream. */
export function stateAt({ states }: SessionEvidence, revision: number): State | undefined {
  return revision < 0 ? nothing : states[revision + 1];
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function isKind<Kind extends Entry['kind']>(
  kind: Kind,
): (entry: Entry) => entry is Extract<Entry, { kind: Kind }> {
  return (entry): entry is Extract<Entry, { kind: Kind }> => entry.kind === kind;
}
