import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { NotMovableError } from './move/errors.ts';
import { slotOf, slots } from './slots.ts';

export interface Cell {
  readonly name: string;
  readonly url: string;
}

/** The changes of the directory since a version; only partners are listed individually. */
export interface DirectoryChanges {
  readonly version: number;
  readonly cells: readonly Cell[];
  /** The cell of each slot. */
  readonly slots: readonly string[];
  readonly partners: readonly { readonly partner_id: string; readonly cell: string }[];
}

type Phase = 'copying' | 'arriving' | 'returning' | 'cleaning';

/** A move in progress. */
export interface PartnerMove {
  readonly partner_id: string;
  readonly move_id: string;
  readonly from: string;
  readonly to: string;
  /** From `arriving` on a move cannot be aborted, from `returning` on it cannot be completed. `cleaning`: only the old cell is left to clean. */
  readonly phase: Phase;
}

interface Row {
  readonly partner_id: string;
  readonly cell: string;
  readonly move_id: string | null;
  readonly moving_to: string | null;
  readonly phase: Phase | null;
}

/**
 * Records which partner is in which cell, in PostgreSQL tables that no command needs. The streams decide where a command belongs;
 * the directory only says where to look first, and how far a move is.
 */
export class CellDirectory {
  constructor(private readonly pool: Pool) {}

  /** The changes since a version; -1: everything. One transaction reads one version. */
  async changesSince(version: number): Promise<DirectoryChanges> {
    return this.transaction('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
      const current = await client.query<{ version: string }>('SELECT version FROM cell_version');
      const cells = await client.query<Cell>('SELECT name, url FROM cell ORDER BY name');
      const bySlot = await client.query<{ cell: string }>('SELECT cell FROM cell_slot ORDER BY slot');
      const partners = await client.query<{ partner_id: string; cell: string }>(
        `SELECT partner_id, CASE phase WHEN 'cleaning' THEN moving_to ELSE cell END AS cell
         FROM cell_partner WHERE version > $1`,
        [version],
      );
      return {
        version: Number(current.rows[0]?.version ?? 0),
        cells: cells.rows,
        slots: bySlot.rows.map(({ cell }) => cell),
        partners: partners.rows,
      };
    });
  }

  /** Registers a cell, or updates its address. The first cell gets all slots. */
  async setCell({ name, url }: Cell): Promise<void> {
    await this.change(async (client) => {
      await client.query(
        'INSERT INTO cell VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET url = excluded.url',
        [name, url],
      );
      await client.query(
        `INSERT INTO cell_slot SELECT slot, $1 FROM generate_series(0, ${slots - 1}) AS slot
         WHERE NOT EXISTS (SELECT FROM cell_slot)`,
        [name],
      );
    });
  }

  /** The moves in progress. */
  async moves(): Promise<PartnerMove[]> {
    const { rows } = await this.pool.query<Row>(
      'SELECT * FROM cell_partner WHERE move_id IS NOT NULL ORDER BY version',
    );
    return rows.flatMap((row) => moveOf(row) ?? []);
  }

  /** Starts the move of a partner, or continues one in progress. @throws NotMovableError */
  async begin(partnerId: string, to: string): Promise<PartnerMove> {
    return this.change(async (client, version) => {
      const cells = await client.query('SELECT FROM cell WHERE name = $1', [to]);
      if (cells.rowCount === 0) throw new NotMovableError(`The directory has no cell ${to}.`);
      const { rows } = await client.query<Row>(
        `INSERT INTO cell_partner AS p (partner_id, cell, version)
         SELECT $1, cell, $3 FROM cell_slot WHERE slot = $2
         ON CONFLICT (partner_id) DO UPDATE SET version = excluded.version RETURNING *`,
        [partnerId, slotOf(partnerId), version],
      );
      const [row] = rows;
      const known = row && moveOf(row);
      if (known !== undefined && known.to !== to)
        throw new NotMovableError(`The partner is on its way to cell ${known.to}.`);
      if (known !== undefined) return known;
      if (row === undefined || row.cell === to)
        throw new NotMovableError(`The partner is in cell ${to} already.`);
      const move = {
        partner_id: partnerId,
        move_id: moveId(version),
        from: row.cell,
        to,
        phase: 'copying',
      } as const;
      await client.query(
        'UPDATE cell_partner SET move_id = $2, moving_to = $3, phase = $4 WHERE partner_id = $1',
        [partnerId, move.move_id, to, move.phase],
      );
      return move;
    });
  }

  /** Advances a move from one phase to the next; false: it is not in that phase, since another process has changed it. */
  async advance({ partner_id, move_id }: PartnerMove, from: Phase, to: Phase): Promise<boolean> {
    return this.change(async (client, version) => {
      const { rowCount } = await client.query(
        `UPDATE cell_partner SET phase = $4, version = $5
         WHERE partner_id = $1 AND move_id = $2 AND phase IN ($3, $4)`,
        [partner_id, move_id, from, to, version],
      );
      return rowCount === 1;
    });
  }

  /** Ends a move: the partner is in the new cell, or where it was. */
  async finish(partnerId: string, moveId: string | null): Promise<void> {
    await this.change((client, version) =>
      client.query(
        `UPDATE cell_partner SET cell = CASE phase WHEN 'cleaning' THEN moving_to ELSE cell END,
           move_id = NULL, moving_to = NULL, phase = NULL, version = $3 WHERE partner_id = $1 AND move_id = $2`,
        [partnerId, moveId, version],
      ),
    );
  }

  /** Changes the directory: changes run in sequence, each with its own version. */
  private change<T>(work: (client: PoolClient, version: number) => Promise<T>): Promise<T> {
    return this.transaction('BEGIN', async (client) => {
      const { rows } = await client.query<{ version: string }>(
        'UPDATE cell_version SET version = version + 1 RETURNING version',
      );
      return work(client, Number(rows[0]?.version));
    });
  }

  private async transaction<T>(begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query(begin);
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

/** A UUID (version 8) that is greater than those of all earlier moves, so that an older move is refused after a later one. */
function moveId(version: number): string {
  const hex = version.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-8${randomUUID().slice(15)}`;
}

function moveOf({ partner_id, cell, move_id, moving_to, phase }: Row): PartnerMove | undefined {
  if (move_id === null || moving_to === null || phase === null) return undefined;
  return { partner_id, move_id, from: cell, to: moving_to, phase };
}
