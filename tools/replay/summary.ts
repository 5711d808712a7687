import type { ReplayedSession } from './session.ts';
import { patternOf } from './shown.ts';

/** A field that differs: in how many sessions, and since which event in one of them. */
interface FieldCount {
  readonly field: string;
  readonly sessions: number;
  readonly first: { readonly session_id: string; readonly revision: number; readonly type: string };
}

/** The result of replaying many sessions. */
export interface ReplayReport {
  readonly sessions: number;
  readonly events: number;
  /** Sessions with a differing field. */
  readonly different: number;
  /** Sessions in which the other code failed. */
  readonly faults: number;
  /** Sessions that the current code cannot read to their end; compared up to the unreadable event. */
  readonly unreadable: number;
  /** The differing fields, most frequent first; `*` stands for names that are data. */
  readonly fields: readonly FieldCount[];
  /** Sessions that differ, or in which the other code failed: those with the lowest ids, which are random. */
  readonly samples: readonly ReplayedSession[];
}

/** Exit codes of the program. */
export const exitCodes = { equal: 0, different: 1, faults: 2 } as const;

export function outcomeOf({ different, faults }: ReplayReport): keyof typeof exitCodes {
  if (faults > 0) return 'faults';
  return different > 0 ? 'different' : 'equal';
}

/** Maximum number of counted fields. */
const mostFields = 1_000;

/** Summarises sessions, in memory that does not grow with their number. */
export class Summary {
  private readonly counts = { sessions: 0, events: 0, different: 0, faults: 0, unreadable: 0 };
  private readonly fields = new Map<string, FieldCount>();
  private samples: ReplayedSession[] = [];

  /** @param kept how many samples are kept */
  constructor(private readonly kept: number) {}

  add(session: ReplayedSession): void {
    const { session_id, events, differences, fault, unreadable } = session;
    this.counts.sessions += 1;
    this.counts.events += events;
    if (fault) this.counts.faults += 1;
    if (unreadable) this.counts.unreadable += 1;
    if (differences.length > 0) this.counts.different += 1;
    if (differences.length > 0 || fault) this.sample([session]);
    const patterns = new Map(differences.toReversed().map((item) => [patternOf(item.field), item]));
    for (const [field, { revision, type }] of patterns)
      this.count({ field, sessions: 1, first: { session_id, revision, type } });
  }

  /** Adds another summary. */
  merge(report: ReplayReport): void {
    for (const name of ['sessions', 'events', 'different', 'faults', 'unreadable'] as const)
      this.counts[name] += report[name];
    for (const field of report.fields) this.count(field);
    this.sample(report.samples);
  }

  report(): ReplayReport {
    const fields = [...this.fields.values()].toSorted((one, other) => other.sessions - one.sessions);
    return { ...this.counts, fields, samples: this.samples };
  }

  private count({ field, sessions, first }: FieldCount): void {
    const known = this.fields.get(field);
    if (known === undefined && this.fields.size >= mostFields) return;
    this.fields.set(field, {
      field,
      sessions: sessions + (known?.sessions ?? 0),
      first: known?.first ?? first,
    });
  }

  private sample(more: readonly ReplayedSession[]): void {
    const all = [...this.samples, ...more];
    this.samples = all.toSorted((a, b) => (a.session_id < b.session_id ? -1 : 1)).slice(0, this.kept);
  }
}
