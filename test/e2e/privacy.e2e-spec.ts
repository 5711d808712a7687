import { expect, test } from '@jest/globals';
import { findCanaries } from '../scenarios/privacy/canaries.ts';

test('personal values are shown to authorised callers and found nowhere else, before an erasure and after it', async () => {
  const { before, after, doors, shown, sealedPieces, ...facts } = await findCanaries(1);
  expect([before, after]).toEqual([[], []]);
  expect(sealedPieces).toBeGreaterThan(0);
  expect([doors, shown]).toEqual([25, 15]);
  expect(facts).toEqual({
    notShown: [],
    shownAfter: 0,
    numbersShown: [],
    detokenised: 2,
    detokenisedAfter: 0,
    isErasedShown: true,
    left: 0,
  });
});
