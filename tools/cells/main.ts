/** `npm run cells`: the directory of cells, and the moves of partners from one to another. */
import type { PartnerMove } from '#cells';
import { abortMove, CellDirectory, movePartner, NotMovableError } from '#cells';
import { createLogger, createPool, secretOf } from '#platform';
import { addressOf } from '../shared/address.ts';
import { explained } from '../shared/explained.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { recordActIn } from '../shared/record-act.ts';
import { readCellsFile, withCell } from './open-cell.ts';

const usage = `usage: npm run cells -- --add NAME --url http://…   add a cell, or change its address
       npm run cells -- --list                     the moves in progress
       npm run cells -- --move PARTNER --to NAME   move a partner; after a crash the same command resumes
       npm run cells -- --abort PARTNER            abort a move, as long as nothing has arrived
CELLS_DATABASE_URL says where the directory is, CELLS_FILE names the services of each cell: docs/cells.md.`;

await runProgram(async () => {
  const text = { type: 'string' } as const;
  const { values } = parseOptions({
    add: text,
    url: text,
    list: { type: 'boolean' },
    move: text,
    to: text,
    abort: text,
  });
  const pool = createPool(secretOf(process.env, 'CELLS_DATABASE_URL') ?? addressOf('DATABASE_URL'), {
    logger: createLogger('cells', 'silent'),
    max: 2,
    statementTimeoutMs: 60_000,
    applicationName: 'turnstream-cells',
  });
  const directory = new CellDirectory(pool);
  try {
    if (values.add && values.url) {
      if (!['http:', 'https:'].includes(URL.parse(values.url)?.protocol ?? ''))
        throw new Failure('The address must begin with http:// or https://.');
      return await directory.setCell({ name: values.add, url: values.url });
    }
    if (values.list) return (await directory.moves()).forEach((move) => console.log(shown(move)));
    if (values.move && values.to) return await move(directory, values.move, values.to);
    if (values.abort) return await abort(directory, values.abort);
    throw new Failure(usage);
  } catch (error) {
    throw error instanceof NotMovableError ? new Failure(error.message) : explained(error);
  } finally {
    await pool.end();
  }
}, usage);

async function move(directory: CellDirectory, partnerId: string, to: string): Promise<void> {
  const file = readCellsFile();
  const begun = await directory.begin(partnerId, to);
  console.log(shown(begun));
  await withCell(file, begun.from, async (from) => {
    const partner_ids = [partnerId];
    await recordActIn(from.store, { action: 'move_partner', purpose: `cell:${to}`, partner_ids });
    await withCell(file, begun.to, (there) => movePartner(directory, begun, [from, there], console.log));
  });
}

async function abort(directory: CellDirectory, partnerId: string): Promise<void> {
  const file = readCellsFile();
  const found = (await directory.moves()).find(({ partner_id }) => partner_id === partnerId);
  if (found === undefined) throw new Failure('No move of the partner is in progress.');
  await withCell(file, found.from, async (from) => {
    await recordActIn(from.store, { action: 'abort_move', partner_ids: [partnerId] });
    await withCell(file, found.to, (to) => abortMove(directory, found, [from, to]));
  });
}

function shown({ partner_id, move_id, from, to, phase }: PartnerMove): string {
  return `${move_id}  ${partner_id}  ${from} -> ${to}  ${phase}`;
}
