import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fieldClasses, partnerFieldClasses } from '#domain';
import { generateDocument } from '../tools/event-schemas/document.ts';

const committed = readFileSync('docs/events.json', 'utf8');

test('docs/events.json is what the types of stored events say', async () => {
  expect(await generateDocument()).toBe(committed);
});

test('docs/events.json has every type of event that is stored', () => {
  const types = [...Object.keys(fieldClasses), ...Object.keys(partnerFieldClasses)];
  expect(Object.keys(JSON.parse(committed) as object)).toEqual(types.toSorted());
});
