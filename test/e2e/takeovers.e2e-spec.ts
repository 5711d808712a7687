import { expect, jest, test } from '@jest/globals';
import { proveTakeovers } from '../acceptance/agents.ts';
import { measureAgents } from '../acceptance/agent-latency.ts';
import { proveScale } from '../acceptance/agent-scale.ts';
import { Report } from '../acceptance/report.ts';

jest.setTimeout(90_000);

test('sessions move when instances and api nodes are killed or hang, and nothing is missed or shown twice', async () => {
  const report = new Report(true);
  await proveTakeovers({ instances: 3, sessions: 6, rounds: 5 }, report);
  expect(report.missed).toEqual([]);
});

test('readers that do not read are cut off, and nobody else notices', async () => {
  const report = new Report(true);
  const scale = { sockets: 100, sessionsPerSocket: 3, nonReaders: 3, samples: 50, leaseMs: 2_000 };
  await proveScale(scale, report);
  expect(report.missed).toEqual([]);
});

test('what other writers do, and what Kafka answers, comes to the handler', async () => {
  const report = new Report(true);
  await measureAgents(20, report);
  expect(report.missed).toEqual([]);
});
