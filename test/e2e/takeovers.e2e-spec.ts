import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentLatency } from '../scenarios/agents/latency.ts';
import { measureAgentLatency } from '../scenarios/agents/latency.ts';
import type { SlowReaders } from '../scenarios/agents/slow-readers.ts';
import { stopReading } from '../scenarios/agents/slow-readers.ts';
import type { TakeoversResult } from '../scenarios/agents/takeovers.ts';
import { takeOver } from '../scenarios/agents/takeovers.ts';
import type { ConnectedSystem } from '../scenarios/clients.ts';
import { withClients } from '../scenarios/clients.ts';
import { holdOpen } from '../scenarios/hold-open.ts';
import { withOwnSystem } from '../scenarios/system.ts';

/** The scenarios of `npm run prove -- agents` at small size, on one system. */
const leaseMs = 5_000;

const held = holdOpen<ConnectedSystem>((work) =>
  withOwnSystem((own) => withClients(own, work), { AGENT_LEASE_MS: String(leaseMs) }),
);
let system: ConnectedSystem;
beforeAll(async () => {
  system = await held.open();
});
afterAll(() => held.close());

describe('the handler of an agent', () => {
  const updates = 20;
  let latency: AgentLatency;
  beforeAll(async () => {
    latency = await measureAgentLatency(system, updates);
  });

  test('gets events recorded on the same api node', () => {
    expect(latency.sameNode.samples).toBe(updates);
  });

  test('gets events recorded on another api node', () => {
    expect(latency.otherNode.samples).toBe(updates);
  });

  test('gets answers of inquiry sources on Kafka', () => {
    expect(latency.answers.total.samples).toBe(updates / 5);
  });
});

describe('instances that do not read', () => {
  const scale = { sockets: 40, sessionsPerSocket: 3, nonReaders: 3, samples: 30, leaseMs };
  let result: SlowReaders;
  beforeAll(async () => {
    result = await stopReading(system, scale);
  });

  test('are cut off', () => {
    expect(result.cutOff).toBe(scale.nonReaders);
  });

  test('do not keep others from being connected', () => {
    expect(result.readersConnected).toBe(scale.sockets - scale.nonReaders);
  });

  test('do not keep others from their updates', () => {
    expect(result.latency.during.samples).toBe(scale.samples);
  });

  test('cost the api at most 128 MiB', () => {
    expect(result.growth).toBeLessThanOrEqual(128 * 1_024 * 1_024);
  });
});

describe('takeovers, while instances and api nodes are killed, stopped and drained', () => {
  let result: TakeoversResult;
  beforeAll(async () => {
    result = await takeOver(system, { instances: 3, sessions: 6, rounds: 5 });
  });

  test('happen', () => {
    expect(result.takeovers).toBeGreaterThan(0);
  });

  test('lose no update', () => {
    expect(result.undelivered).toEqual([]);
  });

  test('deliver no update twice to one instance', () => {
    expect(result.deliveredTwice).toEqual([]);
  });

  test('fence every command of an epoch that is over', () => {
    expect(result).toMatchObject({ staleCommandsAccepted: 0, staleCommandsRefused: result.takeovers });
  });
});
