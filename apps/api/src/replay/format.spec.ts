import { expect, test } from '@jest/globals';
import { formatOf } from './format.ts';

test.each([
  [undefined, 'json'],
  ['*/*', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['text/event-stream; q=0.9, application/json', 'sse'],
  ['application/json, application/x-ndjson', 'json'],
  ['text/html, Application/X-NDJSON', 'ndjson'],
])('Accept: %s is answered as %s', (accept, format) => {
  expect(formatOf(accept)).toBe(format);
});
