import { expect, test } from '@jest/globals';
import { findCanaries } from '../scenarios/privacy/canaries.ts';

test('personal values are shown to whom may see them, and stand nowhere else, before an erasure and after it', async () => {
  const { before, after, shown, shownAfter, isErasedShown } = await findCanaries(1);
  expect(before).toEqual([]);
  expect(after).toEqual([]);
  expect(shown).toBeGreaterThan(10);
  expect([shownAfter, isErasedShown]).toEqual([0, true]);
});
