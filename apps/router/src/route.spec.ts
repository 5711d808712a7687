import { beforeEach, describe, expect, it } from '@jest/globals';
import { CellTable, slots } from '#cells';
import type { Answer } from './route.ts';
import { Routes } from './route.ts';

const allInA = Array.from({ length: slots }, () => 'a');
const sessionId = '3b241101-e2bb-4255-8caf-4136c566a962';

const bounced = async (cell: string) => ({ status: 421, elsewhere: cell === 'a' ? 'b' : 'a' });

describe('Routes', () => {
  let answers: Record<string, Answer[]>;
  let asked: string[];
  let dropped: number;
  let routes: Routes;
  let moves: (string[] | undefined)[];

  beforeEach(() => {
    answers = {};
    asked = [];
    dropped = 0;
    moves = [];
    const table = new CellTable();
    const cells = ['a', 'b', 'c'].map((name) => ({ name, url: `http://${name}` }));
    table.apply({ version: 1, cells, slots: allInA, partners: [] });
    routes = new Routes(table, 1_000, async () => moves.shift());
  });

  const send = (destination: object) =>
    routes.send(
      destination,
      async (cell) => {
        asked.push(cell);
        return answers[cell]?.shift() ?? { status: 404 };
      },
      () => (dropped += 1),
    );

  /** Cell a says that the session is in b, which does not have it. */
  const redirecting = (times: number) => {
    answers = { a: Array.from({ length: times }, () => ({ status: 421, elsewhere: 'b' })) };
  };

  it('a request goes to the cell that the directory names', async () => {
    answers = { a: [{ status: 201 }] };
    expect(await send({ partnerId: 'P1' })).toEqual({ status: 201 });
  });

  it('a request follows the cell that the first one names', async () => {
    answers = { a: [{ status: 421, elsewhere: 'c' }], c: [{ status: 200 }] };
    expect(await send({ partnerId: 'P1' })).toEqual({ status: 200 });
    expect([asked, dropped]).toEqual([['a', 'c'], 1]);
  });

  it('a session found in another cell is searched there first', async () => {
    answers = { a: [{ status: 421, elsewhere: 'c' }], c: [{ status: 200 }, { status: 201 }] };
    await send({ sessionId });
    await send({ sessionId });
    expect(asked).toEqual(['a', 'c', 'c']);
  });

  it('a session that no cell has yet is searched again the next time', async () => {
    await send({ sessionId });
    await send({ sessionId });
    expect(asked).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('a session whose id names no cell is searched in all cells', async () => {
    answers = { c: [{ status: 200 }] };
    expect(await send({ sessionId })).toEqual({ status: 200 });
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  it('a session that no cell has is not found', async () => {
    expect(await send({ sessionId })).toEqual({ status: 404 });
  });

  it('a request is held while its partner moves', async () => {
    const moving = { status: 421, elsewhere: 'b' };
    answers = {
      a: [moving, moving],
      b: [{ status: 421, elsewhere: 'a' }, { status: 421, elsewhere: 'b' }, { status: 201 }],
    };
    expect(await send({ partnerId: 'P1' })).toEqual({ status: 201 });
  });

  it('a session that has not come to its new cell yet is waited for', async () => {
    answers = {
      a: [
        { status: 421, elsewhere: 'b' },
        { status: 421, elsewhere: 'b' },
      ],
      b: [{ status: 404 }, { status: 200 }],
    };
    expect(await send({ sessionId })).toEqual({ status: 200 });
    expect(asked).toEqual(['a', 'b', 'a', 'b']);
  });

  describe('when a cell names another one, which does not find what the request asks for', () => {
    it('404 is the answer if nobody moves there', async () => {
      redirecting(9);
      moves = [[]];
      expect(await send({ sessionId })).toEqual({ status: 404 });
      expect(asked).toEqual(['a', 'b', 'a', 'b']);
    });

    it('404 is the answer once those who moved there at first have arrived', async () => {
      redirecting(9);
      moves = [['1', '2'], ['2', '3'], ['3', '4'], ['4']];
      expect(await send({ sessionId })).toEqual({ status: 404 });
      expect([asked.length, moves.length]).toEqual([8, 1]);
    });

    it.each([[['1']], [undefined]])('the request is held while the moves there are %j', async (ids) => {
      redirecting(1_000);
      moves = Array.from({ length: 1_000 }, () => ids);
      expect(await send({ sessionId })).toBe('moving');
    });

    it('what comes meanwhile is found', async () => {
      redirecting(9);
      moves = [[]];
      answers['b'] = [{ status: 404 }, { status: 200 }];
      expect(await send({ sessionId })).toEqual({ status: 200 });
    });
  });

  it('a request whose partner moves for too long reaches no cell', async () => {
    const table = new CellTable();
    const cells = ['a', 'b'].map((name) => ({ name, url: `http://${name}` }));
    table.apply({ version: 1, cells, slots: allInA, partners: [] });
    expect(
      await new Routes(table, 0, async () => []).send({ partnerId: 'P1' }, bounced, () => undefined),
    ).toBe('moving');
  });

  it('a request that names no partner, session or cell reaches none', async () => {
    expect(await send({})).toBe('unassigned');
  });
});
