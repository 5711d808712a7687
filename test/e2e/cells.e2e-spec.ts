import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MovesResult } from '../scenarios/scale/moves.ts';
import { movePartners } from '../scenarios/scale/moves.ts';
import type { TwoCells } from '../scenarios/scale/two-cells.ts';
import { withTwoCells } from '../scenarios/scale/two-cells.ts';
import { holdOpen } from '../scenarios/hold-open.ts';

/** The scenario of `npm run prove -- scale cells` at small size. */
const held = holdOpen<TwoCells>((work) => withTwoCells(work, { ownKafka: false, apis: 1 }));
let result: MovesResult;
beforeAll(async () => {
  const size = {
    partners: 1,
    sessions: 2,
    pauseMs: 200,
    killAt: ['copy_sessions', 'sessions_arrive'],
    andBack: true,
  } as const;
  result = await movePartners(await held.open(), size);
});
afterAll(() => held.close());

describe('a partner that moves to another cell and back, whose mover is killed', () => {
  test('loses no command', () => {
    expect(result.acknowledged).toBeGreaterThan(0);
    expect(result.lost).toEqual([]);
  });

  test('has no command twice', () => {
    expect(result.doubled).toEqual([]);
  });

  test('gets the first answer of a command that is repeated', () => {
    expect(result.answeredOtherwise).toEqual([]);
  });

  test('is not written to in the cell that it has left', () => {
    expect(result.writtenBehind).toEqual([]);
  });

  test('has its open inquiry closed once', () => {
    expect(result.closedInquiries).toBe(1);
  });
});
