import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { identityOf, recognisedBy } from './identity.ts';

interface Pair {
  readonly source: string;
  readonly id: string;
}

const part = fc.constantFrom('a', '', '%', '2F', '%2F', '%25', 'a%');
/** Every way to read a text as a source and an id, and some pairs beside them. */
const pairs = fc.array(part, { minLength: 2, maxLength: 5 }).chain((parts) => {
  const texts = [parts.join('/'), identityOf({ source: 'a', id: parts.join('/') })];
  const one = fc.constantFrom(...texts.flatMap(readings));
  return fc.uniqueArray(one, { selector: ({ source, id }) => JSON.stringify([source, id]), maxLength: 8 });
});
const pair = fc.array(part, { minLength: 2, maxLength: 5 }).map((parts) => ({
  source: 'a',
  id: parts.join('/'),
}));

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

  /** As the command executor does. @returns whether it was new */
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
    fc.property(pairs, (some) => new Set(some.map(identityOf)).size === some.length),
    { numRuns: 1_000 },
  );
});

test('an id without a slash is joined as before', () => {
  fc.assert(fc.property(pair, (event) => event.id.includes('/') || identityOf(event) === asBefore(event)));
});

test('every event is recorded once, whatever others were', () => {
  fc.assert(
    fc.property(pairs, (events) => {
      const stored = new Stored();
      return events.every((event) => stored.record(event)) && !events.some((event) => stored.record(event));
    }),
    { numRuns: 1_000 },
  );
});

test('an event that an earlier version recorded is recognised, and the other way round when its id has no slash', () => {
  fc.assert(
    fc.property(pair, (event) => {
      const [before, after] = [new Stored(), new Stored()];
      before.recordAsBefore(event);
      after.record(event);
      return !before.record(event) && (event.id.includes('/') || !after.recordAsBefore(event));
    }),
  );
});
