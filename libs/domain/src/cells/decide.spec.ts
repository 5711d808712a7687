import { describe, expect, it } from '@jest/globals';
import { decideMove } from './decide.ts';
import { evolveHome } from './evolve.ts';
import type { Home } from './home.ts';
import { elsewhere } from './home.ts';

const move_id = '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f13';
const leave = { type: 'MoveSession', move_id, from: 'a', to: 'b' } as const;
const arrive = (cell: string, id = move_id) => ({ type: 'ArriveSession', move_id: id, cell }) as const;
const leaving: Home = { cell: 'a', leaving: { move_id, to: 'b' } };
const moved = { type: 'SessionMoved', data: { move_id, from: 'a', to: 'b' } };
const refused = (cell: string | null) => ({ rejection: { code: 'session_elsewhere', data: { cell } } });

describe('decideMove', () => {
  it('a session leaves its cell', () => {
    expect(decideMove(leave, { cell: 'a' })).toEqual({ events: [moved] });
  });

  it('a session from before there were cells leaves its cell', () => {
    expect(decideMove(leave, undefined)).toEqual({ events: [moved] });
  });

  it('a session that is leaving does not leave again', () => {
    expect(decideMove(leave, leaving)).toEqual({ events: [] });
  });

  it('a session leaving by another move does not leave by this one', () => {
    expect(decideMove({ ...leave, move_id: 'other' }, leaving)).toMatchObject(refused('b'));
  });

  it.each([move_id, 'f'])('a session does not leave by a completed or older move', (moved_by) => {
    expect(decideMove(leave, { cell: 'a', moved_by })).toMatchObject(refused('a'));
  });

  it('a session leaves by a later move', () => {
    expect(decideMove(leave, { cell: 'a', moved_by: '0' })).toEqual({ events: [moved] });
  });

  it('a session does not leave a cell that it is not in', () => {
    expect(decideMove(leave, { cell: 'c' })).toMatchObject(refused('c'));
  });

  it.each(['a', 'b'])('a session moving from a to b arrives in %s', (cell) => {
    expect(decideMove(arrive(cell), leaving)).toEqual({
      events: [{ type: 'SessionArrived', data: { move_id, cell } }],
    });
  });

  it('a session arrives in no third cell', () => {
    expect(decideMove(arrive('c'), leaving)).toMatchObject(refused('b'));
  });

  it('a session does not arrive by another move', () => {
    expect(decideMove(arrive('b', 'other'), leaving)).toMatchObject(refused('b'));
  });

  it('an arrived session does not arrive again', () => {
    expect(decideMove(arrive('b'), { cell: 'b' })).toEqual({ events: [] });
  });

  it('a session that is not leaving does not arrive elsewhere', () => {
    expect(decideMove(arrive('b'), { cell: 'a' })).toMatchObject(refused('a'));
    expect(decideMove(arrive('b'), undefined)).toMatchObject(refused(null));
  });
});

describe('evolveHome', () => {
  it('a session that is leaving is in no cell', () => {
    expect(evolveHome({ type: 'SessionMoved', data: { move_id, from: 'a', to: 'b' } })).toEqual(leaving);
  });

  it('an arrived session is in the cell', () => {
    expect(evolveHome({ type: 'SessionArrived', data: { move_id, cell: 'b' } })).toEqual({
      cell: 'b',
      moved_by: move_id,
    });
  });
});

describe('elsewhere', () => {
  const inA = { own: 'a', first: 'a' };
  const inB = { own: 'b', first: 'a' };

  it('without cells only a leaving session is elsewhere', () => {
    expect([elsewhere(undefined, undefined), elsewhere({ cell: 'a' }, undefined)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(elsewhere(leaving, undefined)).toBe('b');
  });

  it('a copy is elsewhere at each of its events until it has arrived', () => {
    expect([elsewhere({ cell: 'a' }, inB), elsewhere(leaving, inB), elsewhere({ cell: 'b' }, inB)]).toEqual([
      'a',
      'b',
      undefined,
    ]);
  });

  it('a session from before there were cells is in the first cell', () => {
    expect([elsewhere(undefined, inA), elsewhere(undefined, inB)]).toEqual([undefined, 'a']);
    expect(elsewhere(undefined, { own: 'b', first: null })).toBeNull();
  });
});
