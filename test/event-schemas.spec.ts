import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { accessFieldClasses, fieldClasses, partnerFieldClasses } from '#domain';
import { generateDocument } from '../tools/event-schemas/document.ts';

const committed = readFileSync('docs/events.json', 'utf8');

test('docs/events.json matches the types of stored events', async () => {
  expect(await generateDocument()).toBe(committed);
});

test('docs/events.json has every type of event that is stored', () => {
  const declared = [fieldClasses, partnerFieldClasses, accessFieldClasses];
  const types = declared.flatMap((classes) => Object.keys(classes));
  expect(Object.keys(JSON.parse(committed) as object)).toEqual(types.toSorted());
});
