import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recorded } from '../kernel/test-decider.ts';
import type { RecordExternalUpdate } from '../tracking/commands.ts';
import type { RecordTurn, SessionCommand } from './commands.ts';
import type { Session } from './session.ts';
import { evolveSession } from './session.ts';
import { given, started, when } from './test-scenario.ts';

/** A system's report about an order, or about a shipment whose order it does not name. */
interface Report {
  readonly id: string;
  readonly order?: string;
  readonly tracking?: string;
  readonly status: string;
  readonly minute: number;
}
type Step = { readonly report: Report } | { readonly mention: string };

const orderIds = ['ORD1', 'ORD2', 'ORD3', '__proto__'];
const shipments = ['T1', 'T2', 'T3', 'T4'];
const timeOf = (minute: number): string => new Date(Date.UTC(2026, 10, 24, 7, minute)).toISOString();

const reports = fc
  .array(
    fc.record({
      names: fc.oneof(
        fc.record({ order: fc.constantFrom(...orderIds) }),
        fc.record({ tracking: fc.constantFrom(...shipments) }),
        fc.record({ order: fc.constantFrom(...orderIds), tracking: fc.constantFrom(...shipments) }),
      ),
      minute: fc.integer({ min: 0, max: 6 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list): Report[] =>
    list.map(({ names, minute }, index) => ({ id: `e${index}`, status: `s${index}`, minute, ...names })),
  );
const mentions = fc.array(fc.constantFrom(...orderIds), { maxLength: 4 });

/** Each report at least once, some repeatedly, in any order, with mentions in between. */
const deliveries = fc.tuple(reports, mentions).chain(([list, named]) => {
  const seeds = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
  const again = fc.subarray(list);
  return fc.record({ again, seeds: fc.tuple(seeds, seeds) }).map(({ again, seeds }) => ({
    list,
    ways: seeds.map((numbers) => interleave([...list, ...again], named, numbers)) as [Step[], Step[]],
  }));
});

/** The reports in the order given by the numbers; the mentions keep their order. */
function interleave(list: readonly Report[], named: readonly string[], numbers: readonly number[]): Step[] {
  const steps: Step[] = list
    .map((report, index) => ({ report, place: numbers[index] ?? 0 }))
    .sort((one, other) => one.place - other.place)
    .map(({ report }) => ({ report }));
  const places = named
    .map((_, index) => (numbers[40 + index] ?? 0) % (steps.length + 1))
    .sort((a, b) => a - b);
  return named.reduceRight<Step[]>(
    (all, mention, index) => all.toSpliced(places[index] ?? 0, 0, { mention }),
    steps,
  );
}

function commandOf(step: Step, index: number): SessionCommand {
  return 'mention' in step ? turnAbout(step.mention, index) : updateOf(step.report);
}

function updateOf({ id, order, tracking, status, minute }: Report): RecordExternalUpdate {
  return {
    type: 'RecordExternalUpdate',
    system: 'warehouse',
    kind: 'moved',
    reference: order ?? tracking ?? null,
    data: {},
    source_event_id: id,
    references: { ...(order && { order }), ...(tracking && { tracking }) },
    status,
    occurred_at_source: timeOf(minute),
  };
}

function turnAbout(order_id: string, index: number): RecordTurn {
  return {
    type: 'RecordTurn',
    turn_id: `turn-${index}`,
    message_id: null,
    sender: 'user',
    message_text: 'Where is it?',
    parsed_intent: null,
    intent_confidence: null,
    extracted_entities: { order_id },
    in_reply_to: null,
    bot_action: null,
    response: null,
  };
}

function sessionAfter(steps: readonly Step[]): Session {
  return steps.reduce((session, step, index) => {
    const events = when(session, commandOf(step, index));
    if (typeof events === 'string') throw new Error(`rejected: ${events}`);
    return events.reduce((now, event) => evolveSession(now, recorded(event, now.revision + 1)), session);
  }, given(started));
}

const newestOf = (list: readonly Report[]): Report | undefined =>
  [...list]
    .sort((one, other) => one.minute - other.minute || Number(one.id.slice(1)) - Number(other.id.slice(1)))
    .at(-1);

/** The expected order, computed from all reports at once. */
function wanted(order: string, list: readonly Report[]): object {
  const own = list.filter((report) => report.order === order);
  const tracking = newestOf(own.filter((report) => report.tracking !== undefined))?.tracking;
  const ofShipment = list.filter((report) => report.order === undefined && report.tracking === tracking);
  const newest = newestOf(tracking === undefined ? own : [...own, ...ofShipment]);
  return {
    order_id: order,
    status: newest?.status ?? null,
    tracking_id: tracking ?? null,
    status_at: newest ? timeOf(newest.minute) : null,
    source: newest ? 'warehouse' : null,
  };
}

describe('for any order and repetition of updates and mentions', () => {
  test('each order has its latest report', () => {
    fc.assert(
      fc.property(deliveries, ({ list, ways: [steps] }) => {
        const { orders } = sessionAfter(steps).state;
        const named = new Set(
          steps.flatMap((step) => ('mention' in step ? [step.mention] : (step.report.order ?? []))),
        );
        expect(Object.keys(orders).sort()).toEqual([...named].sort());
        for (const order of named)
          expect(Object.entries(orders).find(([id]) => id === order)?.[1]).toMatchObject(wanted(order, list));
      }),
      { numRuns: 100 },
    );
  });

  test('the order in focus is the last one mentioned', () => {
    fc.assert(
      fc.property(deliveries, ({ list, ways: [steps] }) => {
        const { order_tracking } = sessionAfter(steps).state;
        const last = steps.findLast((step) => 'mention' in step)?.mention;
        const first = steps.find((step) => 'report' in step && step.report.order !== undefined);
        const focus = last ?? (first && 'report' in first ? first.report.order : undefined);
        const shown = order_tracking === null ? {} : order_tracking;
        expect(shown).toMatchObject(focus === undefined ? {} : wanted(focus, list));
        expect(order_tracking === null).toBe(focus === undefined);
      }),
      { numRuns: 100 },
    );
  });

  test('the context is the same', () => {
    fc.assert(
      fc.property(deliveries, ({ ways: [one, other] }) => {
        const [shown, again] = [one, other].map((steps) => {
          const { orders, external } = sessionAfter(steps).state;
          return [
            Object.values(orders)
              .map(({ updated_at: _at, ...order }) => order)
              .sort((a, b) => (a.order_id < b.order_id ? -1 : 1)),
            external.map(({ source_event_id, occurred_at_source }) => [source_event_id, occurred_at_source]),
          ];
        });
        expect(again).toEqual(shown);
      }),
      { numRuns: 100 },
    );
  });
});
