import type { CheckedEvent, UnreadableEvent } from './checked-events.ts';
import { anchorOf, chainIn, expectedChain, isDamagedChain, seedOf } from './link.ts';
import { Lookahead } from './lookahead.ts';
import { appendedOrder, follows } from './order.ts';
import type { Fault, FaultKind, Gap } from './report.ts';
import type { Removal } from './removals.ts';

/** What is known of a stream besides its events. */
export interface Expectations {
  readonly stream: string;
  /** Recorded removals. */
  readonly removals: readonly Removal[];
  /** The hashes that signed roots hold for the stream, by revision. */
  readonly sealed: ReadonlyMap<number, string>;
  /** Whether an event at a position of the log may lack a hash; undefined: any may. */
  readonly mayBeUnchained?: ((position: bigint) => boolean) | undefined;
}

/** How many events after a break are searched for moved ones. */
const windowSize = 64;

/** Checks the events of one stream, in constant memory. */
export class ChainCheck {
  readonly faults: Fault[] = [];
  readonly gaps: Gap[] = [];
  events = 0;
  revision = -1;
  /** The hash of the last event. */
  chain: string | null = null;
  /** The position of the event at revision 0; undefined: it is not there, or cannot be read. */
  began: bigint | undefined;
  /** The hashes that the next event may continue from; undefined: any. Several when it is unknown which part of the last event was changed. */
  private links: readonly string[] | undefined;
  /** Whether the rest of the stream cannot be read. */
  private isCut = false;

  constructor(private readonly expected: Expectations) {
    this.links = [seedOf(expected.stream)];
  }

  async run(events: AsyncIterable<CheckedEvent | UnreadableEvent>): Promise<this> {
    const ahead = new Lookahead(events);
    try {
      for (let [next] = await ahead.peek(1); next; [next] = await ahead.peek(1)) {
        this.place(next);
        await this.check(next, ahead);
      }
    } finally {
      await ahead.close();
    }
    this.finish();
    return this;
  }

  /** Compares the revision of the next event with that of its predecessor. */
  private place(next: CheckedEvent | UnreadableEvent): void {
    const { revision } = next;
    if (revision === 0 && !('reason' in next)) this.began = next.position;
    if (this.events === 0 && this.revision < 0 && revision > 0) this.begin(next);
    else if (revision > this.revision + 1) {
      this.fault('dropped', { revision: this.revision + 1, to: revision - 1 }, 'is not there any more');
      this.links = undefined;
    }
  }

  /** Handles a stream whose first events are missing: a record must explain it. */
  private begin(next: CheckedEvent | UnreadableEvent): void {
    const { revision } = next;
    this.revision = revision - 1;
    const removal = this.expected.removals.find(({ before }) => before === revision);
    // Roots and removal records came together: what a root covers was not removed before there were records.
    const isUncovered = [...this.expected.sealed.keys()].every((sealed) => sealed >= revision);
    const isOld = !('reason' in next) && chainIn(next.metadata) === undefined;
    if (removal === undefined && isOld && isUncovered) {
      this.gaps.push({ kind: 'truncated', from: 0, to: revision - 1 });
      this.links = undefined;
      return;
    }
    if (removal === undefined && isUncovered && this.beganAnew(next)) {
      this.gaps.push({ kind: 'deleted', from: 0, to: revision - 1 });
      return;
    }
    if (removal === undefined) {
      this.fault('missing', { revision: 0, to: revision - 1 }, 'is missing, and no record says why');
      this.links = undefined;
      return;
    }
    this.gaps.push({ kind: 'truncated', from: 0, to: revision - 1, reason: removal.reason });
    // A deleted stream starts again.
    this.links = [...(removal.chain === null ? [] : [removal.chain]), seedOf(this.expected.stream)];
  }

  /** Whether a stream starts again here, after a deletion. */
  private beganAnew(next: CheckedEvent | UnreadableEvent): boolean {
    return !('reason' in next) && follows([seedOf(this.expected.stream)], next);
  }

  private async check(next: CheckedEvent | UnreadableEvent, ahead: Ahead): Promise<void> {
    if ('reason' in next) {
      await ahead.take();
      this.unreadable(next);
      return;
    }
    if (!next.isJson) this.fault('changed', next, 'is not marked as JSON');
    const { links } = this;
    const chain = chainIn(next.metadata);
    if (chain === undefined) this.unchained(next);
    else if (links === undefined || follows(links, next)) this.take(next.revision, [chain]);
    else return this.broken(next, chain, links, ahead);
    await ahead.take();
  }

  private unreadable(event: UnreadableEvent): void {
    const { revision, reason, toEnd = false } = event;
    if (toEnd) {
      this.isCut = true;
      const detail = `The stream cannot be read from revision ${revision}: ${reason}.`;
      this.faults.push({ kind: 'unreadable', revision, detail });
      return;
    }
    this.fault('unreadable', event, `cannot be read: ${reason}`);
    this.take(revision, undefined);
  }

  /** An event without a hash: either of an older version, or its hash was damaged. */
  private unchained(event: CheckedEvent): void {
    const { revision, position } = event;
    const anchor = anchorOf(this.expected.stream, event);
    if (isDamagedChain(event.metadata)) {
      this.fault('changed', event, 'has a damaged hash');
      this.take(revision, [anchor, ...this.computed(event)]);
      return;
    }
    const last = this.gaps.at(-1);
    if (last?.kind === 'not_chained' && last.to === revision - 1)
      this.gaps[this.gaps.length - 1] = { ...last, to: revision };
    else this.gaps.push({ kind: 'not_chained', from: revision, to: revision });
    if (this.expected.mayBeUnchained?.(position) === false)
      this.fault('unchained', event, 'has no hash, though the root of its time counts no such event');
    this.take(revision, [anchor]);
  }

  /** An event that does not continue from its predecessor: a later event may. */
  private async broken(
    event: CheckedEvent,
    chain: string,
    links: readonly string[],
    ahead: Ahead,
  ): Promise<void> {
    const window = chained(await ahead.peek(windowSize));
    const order = appendedOrder(links, window);
    if (order.length === 0) {
      this.fault(
        'changed',
        event,
        'does not follow the one before: it was changed, or that one was together with its hash, or events between them were dropped',
      );
      this.take(event.revision, [chain, ...this.computed(event)]);
      await ahead.take();
      return;
    }
    await this.reorder(order, window, ahead);
  }

  /** Reports events that were moved or inserted. */
  private async reorder(
    order: readonly CheckedEvent[],
    window: readonly CheckedEvent[],
    ahead: Ahead,
  ): Promise<void> {
    const places = order.map(({ revision }) => revision).sort((one, other) => one - other);
    const last = places.at(-1) ?? 0;
    const known = new Set(order);
    for (const event of window) {
      if (event.revision > last) break;
      await ahead.take();
      const place = places[order.indexOf(event)];
      if (!known.has(event)) this.fault('inserted', event, 'was not appended here');
      else if (place !== undefined && place !== event.revision)
        this.fault('moved', event, `belongs at revision ${place}`, place);
      this.take(event.revision, [chainIn(event.metadata) ?? '']);
    }
    const end = chainIn(order.at(-1)?.metadata ?? new Uint8Array());
    if (end !== undefined) this.links = [end];
  }

  /** The hashes that an event could have after what came before. */
  private computed(event: CheckedEvent): readonly string[] {
    return (this.links ?? []).map((link) => expectedChain(link, event));
  }

  private take(revision: number, links: readonly string[] | undefined): void {
    this.events += 1;
    this.revision = revision;
    this.links = links;
    this.chain = links?.[0] ?? null;
    const sealed = this.expected.sealed.get(revision);
    if (sealed !== undefined && links !== undefined && !links.includes(sealed))
      this.fault('rewritten', { revision }, 'has another hash than a signed root says');
  }

  /** Reports revisions that roots cover and the stream lacks. What cannot be read may be there. */
  private finish(): void {
    if (this.isCut) return;
    const { removals, sealed } = this.expected;
    const last = Math.max(-1, ...sealed.keys());
    // Events before the record's revision show that the removal was not carried out.
    const removed = this.events === 0 ? removals.at(-1) : undefined;
    if (removed !== undefined)
      this.gaps.push({ kind: 'deleted', from: 0, to: removed.before - 1, reason: removed.reason });
    if (last <= this.revision || (removed !== undefined && removed.before > last)) return;
    const range = { revision: this.revision + 1, to: last };
    this.fault('removed', range, 'is missing, although a signed root covers it');
  }

  private fault(
    kind: FaultKind,
    { revision, to, id, type }: { revision: number; to?: number; id?: string; type?: string },
    what: string,
    belongs_at?: number,
  ): void {
    const subject =
      to === undefined
        ? `Event ${revision}`
        : `What was at ${to === revision ? `revision ${to}` : `revisions ${revision} to ${to}`}`;
    this.faults.push({
      kind,
      revision,
      ...(to === undefined ? {} : { to }),
      ...(belongs_at === undefined ? {} : { belongs_at }),
      ...(id === undefined ? {} : { event_id: id }),
      ...(type === undefined ? {} : { type }),
      detail: `${subject} ${what}.`,
    });
  }
}

type Ahead = Lookahead<CheckedEvent | UnreadableEvent>;

/** The events up to the first that is unreadable or has no hash. */
function chained(events: readonly (CheckedEvent | UnreadableEvent)[]): CheckedEvent[] {
  const list: CheckedEvent[] = [];
  for (const event of events) {
    if ('reason' in event || chainIn(event.metadata) === undefined) break;
    list.push(event);
  }
  return list;
}
