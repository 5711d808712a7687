import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { identityOf, recognisedBy } from './identity.ts';

interface Pair {
  readonly source: string;
  readonly id: string;
}

const part = fc.constantFrom('a', '', '%', '2F', '%2F', '%25', 'a%');
/** Every split of a text into a source and an id, and some other pairs. */
const pairs = fc.array(part, { minLength: 2, maxLength: 5 }).chain((parts) => {
  const texts = [parts.join('/'), identityOf({ source: 'a', id: parts.join('/') })];
  const one = fc.constantFrom(...texts.flatMap(readings));
  return fc.uniqueArray(one, {
    selector: ({ source, id }) => JSON.stringify([source, id]),
    minLength: 1,
    maxLength: 8,
  });
});

function readings(text: string): Pair[] {
  return [...text.matchAll(/\//g)]
    .map(({ index }) => ({ source: text.slice(0, index), id: text.slice(index + 1) }))
    .filter(({ source, id }) => source !== '' && id !== '')
    .concat({ source: 'a', id: text || 'a' });
}

const asBefore = ({ source, id }: Pair): string => `${source}/${id}`;

/** The ids under which commands are stored; all of them have the same content. */
class Stored {
  private readonly ids = new Set<string>();

  /** As the command executor does. @returns whether the command was new */
  record(event: Pair): boolean {
    const { commandIds, formerId } = recognisedBy(identityOf(event), (identity) => `reply:${identity}`);
    const isFormer = formerId && this.ids.has(formerId.id) && !this.ids.has(formerId.unless);
    if (isFormer || commandIds.some((id) => this.ids.has(id))) return false;
    for (const id of commandIds) this.ids.add(id);
    return true;
  }

  /** As earlier versions did. */
  recordAsBefore(event: Pair): boolean {
    const id = `reply:${asBefore(event)}`;
    const isNew = !this.ids.has(id);
    this.ids.add(id);
    return isNew;
  }
}

test.each([
  ['/orders', '1', '/orders/1'],
  ['https://example.com/orders', '50%', 'https://example.com/orders/50%'],
  ['/orders', '2026/1', '/orders/2026%2F1/'],
])('source %s and id %s are joined to %s', (source, id, expected) => {
  expect(identityOf({ source, id })).toBe(expected);
});

test('no two pairs of source and id are joined to the same text', () => {
  fc.assert(
    fc.property(pairs, (some) => expect(new Set(some.map(identityOf)).size).toBe(some.length)),
    { numRuns: 1_000 },
  );
});

test('an id without a slash is joined as before', () => {
  const event = fc.record({ source: fc.constantFrom('a', 'a/b', '/'), id: part.filter((id) => id !== '') });
  fc.assert(fc.property(event, (one) => expect(identityOf(one)).toBe(asBefore(one))));
});

test('every event is recorded once, whatever other events were', () => {
  fc.assert(
    fc.property(pairs, (events) => {
      const stored = new Stored();
      expect(events.filter((event) => stored.record(event))).toEqual(events);
      expect(events.filter((event) => stored.record(event))).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test('an event that an earlier version recorded is recognised', () => {
  fc.assert(
    fc.property(pairs, ([event]) => {
      const stored = new Stored();
      stored.recordAsBefore(event as Pair);
      expect(stored.record(event as Pair)).toBe(false);
    }),
  );
});

test('an earlier version recognises an event whose id has no slash', () => {
  const stored = new Stored();
  stored.record({ source: 'https://example.com/orders', id: '1' });
  expect(stored.recordAsBefore({ source: 'https://example.com/orders', id: '1' })).toBe(false);
});
