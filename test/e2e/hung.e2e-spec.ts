import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { holdOpen } from '../scenarios/hold-open.ts';
import type { HungFacts, Service } from '../hung/hang.ts';
import { goesOn, hang, hangs, shortMs } from '../hung/hang.ts';
import type { HungSystem } from '../hung/system.ts';
import { withHungSystem } from '../hung/system.ts';

/** `npm run prove -- hung` at small size, on one system. */
const held = holdOpen<HungSystem>((work) => withHungSystem(work));
let system: HungSystem;
beforeAll(async () => {
  // On a busy machine Redis may take longer than by default; contexts would then be folded from the hung event store.
  process.env['REDIS_BUDGET_MS'] = '1000';
  system = await held.open();
});
afterAll(() => held.close());

const usually = {
  command: [201],
  update: [201],
  start: [201],
  context: [200],
  'context of an unknown session': [404],
  events: [200],
  session: [200],
  sessions: [200],
  turns: [200],
};
const fromTheStore = ['command', 'update', 'start', 'context of an unknown session', 'events', 'session'];
const unavailable = (kinds: readonly string[]) => Object.fromEntries(kinds.map((kind) => [kind, [503]]));

const expected: Readonly<Record<Service, { answers: object; check: string }>> = {
  'event-store': {
    answers: { ...usually, ...unavailable(fromTheStore) },
    check: 'event_store',
  },
  kafka: { answers: usually, check: 'kafka' },
  redis: { answers: usually, check: 'redis' },
  postgres: {
    answers: { ...usually, ...unavailable(['sessions', 'turns']) },
    check: 'postgres',
  },
};

describe.each(hangs)('while %s hangs (%s)', (service, how) => {
  let facts: HungFacts;
  beforeAll(async () => {
    facts = await hang(system, service, shortMs, how);
  });

  test('requests that do not need it succeed, and all others answer 503', () => {
    const statuses = Object.entries(facts.answers).map(([kind, answers]) => [kind, answers.statuses]);
    expect(Object.fromEntries(statuses)).toEqual(expected[service].answers);
  });

  test('every 503 has Retry-After', () => {
    expect(Object.values(facts.answers).filter(({ withoutRetryAfter }) => withoutRetryAfter > 0)).toEqual([]);
  });

  test('no process ends', () => {
    expect(facts.ended).toEqual([]);
  });

  test('the processes are alive, and their readiness names it', () => {
    const { api, projector, bridge } = facts.health;
    expect([api, projector, bridge].map(({ live }) => live.statuses)).toEqual([[200], [200], [200]]);
    expect(bridge.unavailable).toContain(expected[service].check);
    if (service === 'kafka') return;
    expect(api.unavailable).toContain(expected[service].check);
    expect(projector.unavailable).toContain(expected[service].check);
  });

  test('the api stays ready unless the event store hangs', () => {
    expect(facts.health.api.ready.statuses.includes(503)).toBe(service === 'event-store');
  });

  test('work that needs other services continues', () => {
    expect(goesOn[service].filter((effect) => !facts.meanwhile[effect])).toEqual([]);
  });

  test('an inquiry whose deadline passes closes once, in time unless it is the event store', () => {
    const { times, inTime } = facts.closed;
    expect({ times, inTime }).toEqual({ times: 1, inTime: service !== 'event-store' });
  });

  test('all is well afterwards', () => {
    expect(Object.entries(facts.wellAfterMs).filter(([, ms]) => ms === Infinity)).toEqual([]);
  });
});
