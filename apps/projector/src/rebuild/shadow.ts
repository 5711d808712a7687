import type { Pool } from 'pg';
import type { MovedSession, Standby, TableComparison } from '#read-models';
import {
  compareTables,
  rebuildConnectionSettings,
  RowsStore,
  saveStandbyPosition,
  standbyTables,
  StandbyTablesError,
  swapTables,
  withStandby,
} from '#read-models';
import type { RebuildOptions } from './tables.ts';
import { buildShadow, Filler, leftOut } from './tables.ts';

/**
 * Sessions that are written all the time are compared at most this many times, each time after the tables have caught
 * up.
 */
const rounds = 5;

/**
 * Builds the tables beside those in use, or brings existing standby tables up to date.
 * @returns the number of written events
 * @throws RebuildInProgressError, StandbyTablesError
 */
export async function shadow(options: RebuildOptions): Promise<number> {
  const pool = options.pool();
  try {
    if ((await standbyTables(pool)) === undefined) return (await buildShadow(options)).events;
    return await withStandby(pool, async (_, standby) =>
      withFiller(options, standby, async (filler) => {
        await filler.fill();
        return filler.events;
      }),
    );
  } finally {
    await pool.end();
  }
}

/**
 * Puts the standby tables in use, after they have caught up. `role`: new: the tables of a shadow rebuild; old: the
 * tables that were in use before.
 * @throws RebuildInProgressError, StandbyTablesError
 */
export async function switchTo(role: Standby['role'], options: RebuildOptions): Promise<void> {
  await withPool(options, (pool) =>
    withStandby(pool, async (client, standby) => {
      if (standby.role !== role)
        throw new StandbyTablesError(
          role === 'new'
            ? 'the tables of the shadow rebuild are in use'
            : 'there was no switch to go back from',
        );
      await withFiller(options, standby, async (filler) => {
        await filler.fill();
        await swapTables(client, (position) => filler.reach(position));
      });
    }),
  );
}

/**
 * Compares the standby tables with those in use, after they have caught up. Sessions written meanwhile are compared
 * again; a session that stays at two different revisions differs.
 * @throws RebuildInProgressError, StandbyTablesError
 */
export async function compareStandby(options: RebuildOptions): Promise<TableComparison> {
  return withPool(options, (pool) =>
    withStandby(pool, async (client) => {
      let result: TableComparison | undefined;
      for (let round = 0; round < rounds; round += 1) {
        const standby = await standbyTables(client);
        if (standby) await withFiller(options, standby, (filler) => filler.fill());
        const ids = result?.moved.map(({ session_id }) => session_id);
        const next = await compareTables(pool, options.keys, options.textSearch, ids);
        result = result ? added(result, next) : next;
        if (result.moved.length === 0) break;
      }
      if (result === undefined) throw new Error('nothing was compared');
      return result;
    }),
  );
}

/** The comparison after another look at the sessions that had moved. */
function added(first: TableComparison, second: TableComparison): TableComparison {
  const before = new Map(first.moved.map((session) => [session.session_id, session]));
  const rests = (moved: MovedSession): boolean => {
    const earlier = before.get(moved.session_id);
    return earlier?.in_use === moved.in_use && earlier.standby === moved.standby;
  };
  const resting = second.moved.filter(rests);
  const kinds = { ...first.kinds };
  const names = [...Object.entries(second.kinds), ...resting.map(() => ['session.revision', 1] as const)];
  for (const [name, count] of names) kinds[name] = (kinds[name] ?? 0) + count;
  return {
    compared: first.compared + second.compared + resting.length,
    different: first.different + second.different + resting.length,
    moved: second.moved.filter((moved) => !rests(moved)),
    kinds,
    samples: [...first.samples, ...second.samples, ...resting.map(sampleOf)],
  };
}

function sampleOf({ session_id, in_use }: MovedSession): TableComparison['samples'][number] {
  const hashes = { expected_hash: null, found_hash: null };
  const place = { kind: 'session', turn_revision: -1, field: 'revision', stored_revision: in_use } as const;
  return { session_id, ...place, problem: 'changed', ...hashes };
}

/** Writes into the standby tables from their position; the position is saved, so it survives a crash. */
async function withFiller<T>(
  options: RebuildOptions,
  { position }: Standby,
  work: (filler: Filler) => Promise<T>,
): Promise<T> {
  const filling = options.pool(rebuildConnectionSettings);
  const onWritten = (written: bigint): Promise<void> => saveStandbyPosition(filling, written);
  const { keys, textSearch, onPartitionFailure } = options;
  let filler: Filler | undefined;
  try {
    const rows = new RowsStore(filling, { keys, textSearch, onPartitionFailure, rebuilding: true });
    filler = new Filler({ ...options, after: position, onWritten }, rows, await leftOut(filling));
    return await work(filler);
  } finally {
    await filler?.stop();
    await filling.end();
  }
}

async function withPool<T>({ pool }: RebuildOptions, work: (pool: Pool) => Promise<T>): Promise<T> {
  const own = pool();
  try {
    return await work(own);
  } finally {
    await own.end();
  }
}
