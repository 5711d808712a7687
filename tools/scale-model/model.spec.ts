import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Costs } from './model.ts';
import { cellsFor, loadOf, sizeOf, usual } from './model.ts';

const costs = JSON.parse(readFileSync('docs/costs.json', 'utf8')) as Costs;
const of = (partners: number) => sizeOf({ ...usual, partners }, costs);
const cluster = (partners: number, name: string) =>
  of(partners).clusters.find((size) => size.cluster === name) as (typeof size)['clusters'][number];
const size = of(1_000_000);

describe('the load of a company', () => {
  it('is that of its partners in the busiest hour', () => {
    const assumed = {
      ...usual,
      partners: 86_400,
      activeShare: 1,
      sessionsADay: 1,
      turnsASession: 8,
      peakFactor: 2,
    };
    expect(loadOf(assumed)).toMatchObject({ commandsASecond: 20, readsASecond: 32, eventsADay: 19 * 86_400 });
  });
});

describe('the size of a company', () => {
  it('grows with its partners: cores and disks of an event store tenfold for ten times as many', () => {
    const [one, ten] = [cluster(100_000, 'event_store'), cluster(1_000_000, 'event_store')];
    expect(ten.cores / one.cores).toBeCloseTo(10);
    expect(ten.diskGib / one.diskGib).toBeCloseTo(10);
  });

  it('is one cell while one event store can take its commands', () => {
    expect([of(100_000).cells, of(1_000_000).cells, of(10_000_000).cells]).toEqual([1, 1, 1]);
  });

  it('is several cells when one event store is not enough', () => {
    const { load, cells } = of(100_000_000);
    expect(cells).toBe(Math.ceil(load.commandsASecond / (costs.append.a_second * usual.utilisation)));
    expect(cells).toBeGreaterThan(1);
  });

  it('never has fewer nodes than survive the loss of one', () => {
    expect(size.clusters.every(({ nodes }) => nodes >= 2)).toBe(true);
  });

  it('has fewer cells the more an event store can take', () => {
    const load = loadOf({ ...usual, partners: 1e9 });
    const faster = { ...costs, append: { a_second: 2 * costs.append.a_second } };
    expect(cellsFor(load, usual, faster)).toBeLessThan(cellsFor(load, usual, costs));
  });
});
