import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { WorldSession, WorldUpdate } from './test-world.ts';
import { ownedOrder, World } from './test-world.ts';

/** The life of a partner's session: its mentions, and whether it ends. */
interface Life {
  readonly id: string;
  readonly mentions: readonly string[];
  readonly ends: boolean;
}

const orders = ['O1', 'O2', ownedOrder];
const sessionIds = ['a', 'b', 'c', 'd'].map((digit) => `${digit}0000000-0000-4000-8000-000000000000`);

const life = (id: string, ends: fc.Arbitrary<boolean>): fc.Arbitrary<Life> =>
  fc.record({
    id: fc.constant(id),
    mentions: fc.array(fc.constantFrom(...orders), { maxLength: 2 }),
    ends,
  });

/** A partner has consecutive sessions. */
const lives = (first: string, second: string): fc.Arbitrary<Life[]> =>
  fc.oneof(
    fc.tuple(life(first, fc.boolean())),
    fc.tuple(life(first, fc.constant(true)), life(second, fc.boolean())),
  );

const update: fc.Arbitrary<WorldUpdate> = fc.oneof(
  fc.record({ order: fc.constantFrom(...orders) }),
  fc.record({ partner: fc.constantFrom('A', 'B') }),
  fc.record({ order: fc.constantFrom('O1', 'O2'), partner: fc.constantFrom('A', 'B') }),
);

const history = fc.record({
  partners: fc.tuple(
    lives(sessionIds[0] as string, sessionIds[1] as string),
    lives(sessionIds[2] as string, sessionIds[3] as string),
  ),
  updates: fc.array(update, { minLength: 1, maxLength: 4 }),
  /** The order of updates at each of two consumers, with repetitions. */
  deliveries: fc.tuple(fc.array(fc.nat(3), { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 4 })),
  /** The batch sizes of the index, before it falls behind for the remaining events. */
  batches: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }),
  /** Which of the first steps fail. */
  failures: fc.array(
    fc.nat(9).map((digit) => digit === 0),
    { maxLength: 60 },
  ),
});

/** The references of a session: its mentions, and those of its updates. */
const ordersOf = ({ mentions, recorded }: WorldSession): readonly string[] => [
  ...mentions,
  ...recorded.flatMap(({ order }) => order ?? []),
];

/** The minimum and maximum number of times that a session has to have an update. */
function bounds(
  { order, partner }: WorldUpdate,
  received: number | undefined,
  session: WorldSession,
  before: WorldSession | undefined,
): readonly [number, number] {
  const whose = partner ?? (order === ownedOrder ? 'A' : session.partner);
  const mentioned = order !== undefined && ordersOf(session).includes(order);
  const isPartners = partner === session.partner;
  const concerns = whose === session.partner && (mentioned || isPartners);
  if (received === undefined || !concerns || (session.ended ?? Infinity) < received) return [0, 0];
  if (session.ended !== undefined) return [0, 1];
  const isNext = before === undefined || (before.ended ?? Infinity) < received || session.started <= received;
  return mentioned || isNext ? [1, 1] : [0, 1];
}

/** The sessions that have an update too rarely or too often, or with a wrong mark that it preceded the session. */
function faults(
  world: World,
  partners: readonly (readonly Life[])[],
  update: WorldUpdate,
  number: number,
): string[] {
  const name = `/world/${number}`;
  const received = world.kept.find(({ id }) => id === name)?.received;
  return partners.flatMap((lives) =>
    lives.flatMap(({ id }, index) => {
      const [session, before] = [world.sessions.get(id), world.sessions.get(lives[index - 1]?.id ?? '')];
      if (session === undefined) return [];
      const found = session.recorded.filter((record) => record.update === name);
      const [least, most] = bounds(update, received, session, before);
      const isMarkedRight = !found[0]?.before || (received ?? Infinity) < session.started;
      const isRight = found.length >= least && found.length <= most && isMarkedRight;
      return isRight ? [] : [`${id} has ${name} ${found.length} times, not ${least} to ${most}`];
    }),
  );
}

test('each update is recorded once in each session that it concerns, and in no other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), history, async (scheduler, plan) => {
      const { partners, updates, deliveries, batches, failures } = plan;
      const turn = (): Promise<void> => scheduler.schedule(Promise.resolve());
      const world = new World(turn, () => failures.shift() ?? false);
      const live = async (partner: string, all: readonly Life[]): Promise<void> => {
        for (const { id, mentions, ends } of all) {
          await world.begin(id, partner);
          for (const order of mentions) await world.mention(id, order);
          if (ends) await world.end(id);
        }
      };
      const consume = async (indexes: readonly number[]): Promise<void> => {
        for (const next of indexes)
          await world.receive(next % updates.length, updates[next % updates.length] ?? {});
      };
      const indexing = async (): Promise<void> => {
        for (const count of batches) await world.indexSome(count);
      };
      const all = [live('A', partners[0]), live('B', partners[1]), ...deliveries.map(consume), indexing()];
      await scheduler.waitFor(Promise.all(all));
      await scheduler.waitFor(world.indexAll());

      expect(updates.flatMap((item, number) => faults(world, partners, item, number))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
