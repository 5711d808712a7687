import { describe, expect, test } from '@jest/globals';
import type { HistoryRange } from './history.ts';
import { readHistory } from './history.ts';
import { endSession, raiseFlag, sessionOfEachTest, setMetadata, startSession } from './test-support.ts';

const testSession = sessionOfEachTest();
const { store, run } = testSession;

async function revisions(range: Partial<HistoryRange>): Promise<number[]> {
  const events = readHistory(store, testSession.id, { direction: 'forwards', ...range });
  return (await Array.fromAsync(events)).map(({ revision }) => revision);
}

/** Six events: a start, four flags, an end. */
async function converse(): Promise<void> {
  await run(startSession);
  for (const flag of ['a', 'b', 'c', 'd']) await run(raiseFlag(flag));
  await run(endSession);
}

const backwards = { direction: 'backwards' } as const;

test.each<[Partial<HistoryRange>, number[]]>([
  [{}, [0, 1, 2, 3, 4, 5]],
  [{ from: 2, to: 3 }, [2, 3]],
  [{ from: 4, wanted: 1 }, [4]],
  [{ from: 9 }, []],
  [backwards, [5, 4, 3, 2, 1, 0]],
  [{ ...backwards, from: 3, to: 2 }, [3, 2]],
  [{ ...backwards, wanted: 2 }, [5, 4]],
  [{ ...backwards, from: 9, to: 4 }, [5, 4]],
  [{ ...backwards, from: -1 }, []],
  [{ ...backwards, stepBytes: 600 }, [5, 4, 3, 2, 1, 0]],
  [{ types: new Set(['SessionStarted', 'SessionEnded']) }, [0, 5]],
  [{ ...backwards, types: new Set(['SessionStarted', 'SessionEnded']) }, [5, 0]],
])('the events of %j', async (range, wanted) => {
  await converse();
  expect(await revisions(range)).toEqual(wanted);
});

describe('a truncated stream', () => {
  test.each<[Partial<HistoryRange>, number[]]>([
    [{}, [3, 4, 5]],
    [backwards, [5, 4, 3]],
    [{ to: 4 }, [3, 4]],
  ])('returns the remaining events of %j', async (range, wanted) => {
    await converse();
    await setMetadata(testSession.id, { truncateBefore: 3 });
    expect(await revisions(range)).toEqual(wanted);
  });
});

test('each event says when the store took it in', async () => {
  await run(startSession);
  const [event] = await Array.fromAsync(readHistory(store, testSession.id, backwards));
  const [stored] = await Array.fromAsync(store.read(`session-${testSession.id}`));
  expect(event?.created).toBe(stored?.created.toISOString());
});
