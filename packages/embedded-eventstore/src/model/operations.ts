import fc from 'fast-check';
import {
  BACKWARDS,
  END,
  jsonEvent,
  START,
  type EventStoreDBClient,
  type Position,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { Model, type ModelExpected, type ModelMetadata, type ModelOutcome } from './model.ts';

export type Operation =
  | {
      readonly kind: 'append';
      readonly stream: number;
      readonly expected: ModelExpected;
      readonly ids: number[];
    }
  | { readonly kind: 'delete' | 'tombstone'; readonly stream: number; readonly expected: ModelExpected }
  | { readonly kind: 'metadata'; readonly stream: number; readonly metadata: ModelMetadata }
  | { readonly kind: 'read'; readonly stream: number; readonly from: number; readonly count: number }
  | { readonly kind: 'readAll' };

const stream = fc.nat({ max: 2 });
const revision = fc.nat({ max: 6 });
const expected: fc.Arbitrary<ModelExpected> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('any' as const) },
  fc.constant('no_stream' as const),
  fc.constant('stream_exists' as const),
  { weight: 3, arbitrary: revision },
);
const expectedOfDelete: fc.Arbitrary<ModelExpected> = fc.oneof(
  fc.constant('any' as const),
  fc.constant('no_stream' as const),
  revision,
);
const metadata: fc.Arbitrary<ModelMetadata> = fc.record(
  {
    maxCount: fc.integer({ min: 1, max: 4 }),
    truncateBefore: fc.nat({ max: 8 }),
    custom: fc.string({ maxLength: 5 }),
  },
  { requiredKeys: [] },
);

/** Few streams and few ids, so that they often collide. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream,
      expected,
      ids: fc.array(fc.nat({ max: 9 }), { maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), stream, expected: expectedOfDelete }),
  },
  fc.record({ kind: fc.constant('tombstone' as const), stream: fc.constant(0), expected: expectedOfDelete }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('metadata' as const), stream, metadata }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      stream,
      from: fc.nat({ max: 8 }),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
  fc.record({ kind: fc.constant('readAll' as const) }),
);

/** Runs operations on the store and on the model; throws at the first difference. */
class Comparison {
  private readonly model = new Model();
  private readonly run = crypto.randomUUID();
  private readonly ids: string[] = Array.from({ length: 10 }, () => crypto.randomUUID());
  private readonly positions = new Map<string, bigint>();
  private start: Position | typeof START = START;

  constructor(private readonly client: EventStoreDBClient) {}

  async play(operations: readonly Operation[]): Promise<void> {
    const { position } = await this.client.appendToStream(
      `${this.run}-begin`,
      jsonEvent({ type: 'Begun', data: {} }),
    );
    if (position) this.start = position;
    for (const each of operations) await this.step(each);
    await this.step({ kind: 'readAll' });
    for (const index of [0, 1, 2]) await this.step({ kind: 'read', stream: index, from: 0, count: 1_000 });
  }

  private async step(each: Operation): Promise<void> {
    switch (each.kind) {
      case 'append':
        return this.append(this.name(each.stream), each.expected, each.ids);
      case 'delete':
      case 'tombstone':
        return this.remove(each.kind, this.name(each.stream), each.expected);
      case 'metadata':
        return this.setMetadata(this.name(each.stream), each.metadata);
      case 'read':
        return this.read(this.name(each.stream), each.from, each.count);
      case 'readAll':
        return this.readAll();
    }
  }

  private name(index: number): string {
    return `${this.run}-${index}`;
  }

  private async append(
    name: string,
    revisionExpected: ModelExpected,
    indexes: readonly number[],
  ): Promise<void> {
    const ids = indexes.map((index) => this.ids[index] ?? '');
    const events = ids.map((id) => jsonEvent({ id, type: 'Tested', data: {} }));
    const wanted = this.model.append(name, revisionExpected, ids);
    const actual = await outcomeOf(async () => {
      const result = await this.client.appendToStream(name, events, {
        expectedRevision: toClient(revisionExpected),
      });
      const at = result.position?.commit ?? 0n;
      if (ids.length > 0) this.samePosition(`${name}@${result.nextExpectedRevision}`, at);
      return Number(result.nextExpectedRevision);
    });
    // After an empty append the client cannot distinguish revision 0 from an empty stream.
    const compared = wanted.ok && wanted.revision < 0 ? { ok: true, revision: 0 } : wanted;
    same(`append to ${name}`, actual, compared);
  }

  private async remove(
    kind: 'delete' | 'tombstone',
    name: string,
    revisionExpected: ModelExpected,
  ): Promise<void> {
    const wanted = this.model[kind](name, revisionExpected);
    const options = { expectedRevision: toClient(revisionExpected) as 'any' };
    const actual = await outcomeOf(async () => {
      await (kind === 'delete'
        ? this.client.deleteStream(name, options)
        : this.client.tombstoneStream(name, options));
      return -1;
    });
    same(`${kind} of ${name}`, actual, wanted);
  }

  private async setMetadata(name: string, given: ModelMetadata): Promise<void> {
    const wanted = this.model.setMetadata(name, given);
    const actual = await outcomeOf(async () => {
      const result = await this.client.setStreamMetadata(name, given as { custom?: string });
      return Number(result.nextExpectedRevision);
    });
    same(`metadata of ${name}`, actual, wanted);
  }

  private async read(name: string, from: number, count: number): Promise<void> {
    const visible = this.model.visible(name);
    const forwards = await this.revisions(() =>
      this.client.readStream(name, { fromRevision: BigInt(from), maxCount: count }),
    );
    const backwards = await this.revisions(() =>
      this.client.readStream(name, { direction: BACKWARDS, fromRevision: END, maxCount: count }),
    );
    const list = typeof visible === 'string' ? visible : undefined;
    const all = typeof visible === 'string' ? [] : visible;
    same(`${name} forwards`, forwards, list ?? all.filter((each) => each >= from).slice(0, count));
    same(`${name} backwards`, backwards, list ?? all.toReversed().slice(0, count));
  }

  private async revisions(open: () => AsyncIterable<ResolvedEvent>): Promise<number[] | string> {
    const revisions: number[] = [];
    try {
      for await (const { event } of open()) {
        if (!event) continue;
        revisions.push(Number(event.revision));
        this.samePosition(`${event.streamId}@${event.revision}`, event.position?.commit ?? 0n);
      }
    } catch (error) {
      return typeOf(error);
    }
    return revisions;
  }

  private async readAll(): Promise<void> {
    const found: string[] = [];
    for await (const { event } of this.client.readAll({ fromPosition: this.start })) {
      if (!event?.streamId.replace(/^\$\$/, '').startsWith(this.run) || event.type === 'Begun') continue;
      const suffix = event.type === '$streamDeleted' ? 'tombstone' : String(event.revision);
      found.push(`${event.streamId}@${suffix}`);
    }
    same('$all', found, this.model.all);
  }

  /** Checks that an event keeps its position. */
  private samePosition(key: string, position: bigint): void {
    const before = this.positions.get(key);
    this.positions.set(key, position);
    if (before !== undefined) same(`position of ${key}`, position, before);
  }
}

const toClient = (revisionExpected: ModelExpected) =>
  typeof revisionExpected === 'number' ? BigInt(revisionExpected) : revisionExpected;

const typeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'type' in error ? String(error.type) : String(error);

const outcomeOf = async (action: () => Promise<number>): Promise<ModelOutcome> => {
  try {
    return { ok: true, revision: await action() };
  } catch (error) {
    return { ok: false, error: typeOf(error) };
  }
};

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

const same = (what: string, actual: unknown, wanted: unknown): void => {
  if (text(actual) !== text(wanted))
    throw new Error(`${what}: the store returned ${text(actual)}, the model ${text(wanted)}`);
};

/** Compares `runs` random lists of operations; throws with the smallest failing list and the seed. */
export const compareWithModel = (client: EventStoreDBClient, runs: number, seed: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), (operations) =>
      new Comparison(client).play(operations),
    ),
    { numRuns: runs, seed },
  );
