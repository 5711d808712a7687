import { expect, jest, test } from '@jest/globals';
import { proveTakeovers } from '../tools/prove/agents.ts';
import { Report } from '../tools/prove/report.ts';

jest.setTimeout(90_000);

test('sessions move when instances and api nodes are killed or hang, and nothing is missed or shown twice', async () => {
  const report = new Report(true);
  await proveTakeovers({ instances: 3, sessions: 6, rounds: 4 }, report);
  expect(report.missed).toEqual([]);
});
