import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Refusal, Ticket } from './gate.ts';
import { Gate } from './gate.ts';

let log: string[];
beforeEach(() => {
  log = [];
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const burstMs = 1_000;
const waitMs = 100;
const uploadMs = 50;

function gateOf({ limit = 8, queue = 100, bytes = 1_000 } = {}): Gate {
  const fixed = { current: limit, markReached: () => undefined, observe: () => undefined };
  return new Gate({ limit: fixed, queue, bytes, burstMs, waitMs, uploadMs });
}

/** Sends requests, named as `a1`, `a2`; the letter is the caller. */
function send(gate: Gate, names: readonly string[], bytes = 0): Ticket[] {
  return names.map((name) =>
    gate.arrive({
      caller: name.slice(0, 1),
      bytes,
      start: () => log.push(name),
      refuse: (refusal: Refusal) => log.push(`${name} ${refusal}`),
    }),
  );
}

function numbered(caller: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${caller}${index + 1}`);
}

/** The body of a request has arrived. */
function begin(gate: Gate, ticket: Ticket | undefined, name: string): void {
  if (ticket) gate.begin(ticket, () => log.push(name));
}

/** Ends one request. @returns the requests that begin, or are refused, as a result */
function end(gate: Gate, ticket: Ticket | undefined): string[] {
  const { length } = log;
  if (ticket) gate.leave(ticket, true);
  jest.advanceTimersByTime(0);
  return log.slice(length);
}

test('those of a caller that are refused are told to come back one after the other, as fast as others leave', () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  const told: number[] = [];
  const gate = gateOf({ limit: 2, queue: 100 });
  const arrive = (name: string, caller: string): Ticket =>
    gate.arrive({ caller, bytes: 0, start: () => log.push(name), refuse: (_, ms) => void told.push(ms) });
  let under: Ticket = arrive('first', 'a');
  // One each 500 ms, while another one waits.
  for (let count = 0; count < 50; count += 1) {
    const next = arrive(`next ${count}`, 'a');
    jest.advanceTimersByTime(500);
    gate.leave(under, true);
    jest.advanceTimersByTime(0);
    under = next;
  }
  for (let count = 0; count < 200; count += 1) arrive('many', 'a');
  const early = told.slice(0, 6);
  expect(early).toEqual([...early].toSorted((a, b) => a - b));
  expect(early.at(-1)).toBeGreaterThan(2_000);
  expect(Math.max(...told)).toBe(15_000);
  jest.restoreAllMocks();
});

describe('a gate', () => {
  test('admits one caller to half of the places, and each other one to half of the rest', () => {
    send(gateOf(), [...numbered('a', 6), ...numbered('b', 4), ...numbered('c', 4)]);
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']);
  });

  test('admits waiting requests when others leave, with callers taking turns', () => {
    const gate = gateOf({ limit: 3 });
    const [first] = send(gate, numbered('a', 4));
    const [second] = send(gate, numbered('b', 4));
    send(gate, ['c1']);
    expect(log).toEqual(['a1', 'a2', 'b1']);
    expect([end(gate, first), end(gate, second)]).toEqual([['c1'], ['b2']]);
  });

  test('admits no second request of a caller before the others have had their turn', () => {
    const gate = gateOf({ limit: 1 });
    const names = [...numbered('a', 3), ...numbered('b', 3)];
    const tickets = new Map(names.map((name) => [name, send(gate, [name])[0]]));
    for (const _ of names) end(gate, tickets.get(log.at(-1) ?? ''));
    expect(log).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'b3']);
  });

  test('keeps the order of one caller', () => {
    const gate = gateOf({ limit: 2 });
    const tickets = send(gate, numbered('a', 4));
    for (const ticket of tickets) end(gate, ticket);
    expect(log).toEqual(numbered('a', 4));
  });

  test('admits no more bytes of a caller than it leaves to others', () => {
    const gate = gateOf();
    const [first] = send(gate, numbered('a', 3), 300);
    const [other] = send(gate, numbered('b', 1), 300);
    expect(log).toEqual(['a1', 'a2', 'b1']);
    expect([end(gate, first), end(gate, other)]).toEqual([[], ['a3']]);
  });

  test('admits a request larger than the byte limit when nothing else is in progress', () => {
    const gate = gateOf();
    const [first] = send(gate, ['a1', 'a2'], 5_000);
    expect(end(gate, first)).toEqual(['a2']);
    expect(log).toEqual(['a1', 'a2']);
  });

  test('refuses a caller with its full share with 429 while others wait, and any other with 503', () => {
    const gate = gateOf({ limit: 2, queue: 4 });
    send(gate, numbered('a', 4));
    expect(log).toEqual(['a1', 'a4 overloaded']);
    send(gate, ['b1', 'c1', 'd1', 'e1', 'a5']);
    expect(log.slice(2)).toEqual(['b1', 'e1 overloaded', 'a5 too_many_requests']);
  });

  test('admits a whole burst', () => {
    const gate = gateOf({ limit: 2 });
    const [first] = send(gate, numbered('a', 2));
    jest.advanceTimersByTime(burstMs - 50);
    expect(end(gate, first)).toEqual(['a2']);
  });

  test('refuses requests that waited longer than a burst lasts', () => {
    send(gateOf({ limit: 2 }), numbered('a', 2));
    jest.advanceTimersByTime(burstMs + 20);
    expect(log).toEqual(['a1', 'a2 overloaded']);
  });

  test('limits the wait once requests have waited without a break', () => {
    const gate = gateOf({ limit: 2 });
    const [first] = send(gate, ['a1', 'a2']);
    jest.advanceTimersByTime(burstMs - waitMs - 200);
    send(gate, ['a3']);
    jest.advanceTimersByTime(100);
    end(gate, first);
    expect(log).toEqual(['a1', 'a2']);
    jest.advanceTimersByTime(waitMs + 120);
    expect(log).toEqual(['a1', 'a2', 'a3 overloaded']);
  });

  test('gives the place of a request whose body is late to another, and keeps its bytes', () => {
    const gate = gateOf({ limit: 1 });
    send(gate, numbered('a', 2), 300);
    jest.advanceTimersByTime(uploadMs + 1);
    expect(log).toEqual(['a1', 'a2']);
    expect(gate.counts).toMatchObject({ admitted: 1, bytes: 600 });
  });

  test('queues a request whose body was late, without counting its bytes again', () => {
    const gate = gateOf({ limit: 1 });
    const [late] = send(gate, ['a1'], 300);
    jest.advanceTimersByTime(uploadMs);
    const [other] = send(gate, ['b1'], 100);
    begin(gate, late, 'a1 begins');
    expect(log).toEqual(['a1', 'b1']);
    expect(end(gate, other)).toEqual(['a1 begins']);
    expect(gate.counts).toMatchObject({ admitted: 1, bytes: 300 });
    end(gate, late);
    expect(gate.counts).toMatchObject({ admitted: 0, bytes: 0, callers: 0 });
  });

  test('keeps no state of a request that was refused because of its late body', () => {
    const gate = gateOf({ limit: 1, queue: 0 });
    const [late] = send(gate, ['a1'], 300);
    jest.advanceTimersByTime(uploadMs);
    send(gate, ['b1'], 100);
    begin(gate, late, 'a1 begins');
    expect(log).toEqual(['a1', 'b1', 'a1 overloaded']);
    expect(gate.counts).toMatchObject({ admitted: 1, bytes: 100, callers: 1 });
  });

  test('forgets a caller that went away while it waited', () => {
    const gate = gateOf({ limit: 2 });
    const [first, second] = send(gate, numbered('a', 3));
    expect(end(gate, second)).toEqual([]);
    expect(end(gate, first)).toEqual(['a3']);
  });

  test('keeps no state of finished requests', () => {
    const gate = gateOf({ limit: 2 });
    const tickets = send(gate, [...numbered('a', 5), ...numbered('b', 5)], 10);
    for (const ticket of tickets) end(gate, ticket);
    expect(gate.counts).toEqual({ limit: 2, admitted: 0, bytes: 0, waiting: 0, callers: 0 });
    expect(jest.getTimerCount()).toBe(0);
  });
});
