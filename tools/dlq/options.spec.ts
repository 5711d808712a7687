import { expect, test } from '@jest/globals';
import { parseRequest } from './options.ts';

const parse = (line: string): ReturnType<typeof parseRequest> => parseRequest(line.split(' '));
const place = { topic: 'orders.events.dlq', partition: 0, offset: 12n };

test('a list may be filtered and continued', () => {
  expect(
    parse('list --open --reason not_json --topic orders.events --limit 5 --after orders.events.dlq/0/12'),
  ).toMatchObject({
    isOpen: true,
    reason: 'not_json',
    topic: 'orders.events',
    limit: 5,
    after: place,
  });
});

test('the reason of a list may stand alone', () => {
  expect(parse('list refused')).toMatchObject({ reason: 'refused', places: [], limit: 100 });
});

test('places are redriven and discarded', () => {
  expect(parse('redrive orders.events.dlq/0/12')).toMatchObject({ isAgain: false, places: [place] });
  expect(parse('discard orders.events.dlq/0/12 orders.events.dlq/0/12').places).toEqual([place, place]);
});

test('what came back is redriven by its reason', () => {
  expect(parse('redrive again --reason gave_up')).toMatchObject({ isAgain: true, reason: 'gave_up' });
});

test.each([
  ['', 'usage:'],
  ['drop', 'usage:'],
  ['list odd', 'Unknown reason odd: the reasons are not_json,'],
  ['list not_json orders.events.dlq/0/12', 'list takes no place'],
  ['list --limit 0', '--limit is 0'],
  ['list --after here', 'here is not the place'],
  ['list --no-such-option', 'Unknown option'],
  ['show', 'show needs one place'],
  ['show orders.events.dlq/0', 'orders.events.dlq/0 is not the place'],
  ['show orders.events.dlq/0/12 --open', 'show has no --open'],
  ['redrive orders.events.dlq/0/12 --reason refused', 'redrive takes places, or'],
  ['redrive again orders.events.dlq/0/12', 'redrive takes places, or'],
  ['discard', 'discard needs places'],
  ['discard orders.events.dlq/0/12 --reason refused', 'discard needs places'],
])('%s: %s', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});
