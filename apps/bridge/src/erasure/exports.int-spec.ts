import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MemoryKeyStore, testDataKeys } from '../../../../libs/privacy/src/keys/test-keys.ts';
import { erasureWorld } from './test-partner.ts';

let world: Awaited<ReturnType<typeof erasureWorld>>;
beforeAll(async () => {
  world = await erasureWorld(testDataKeys(new MemoryKeyStore()));
});
afterAll(() => world.close());

const partner_id = `P-${randomUUID()}`;

/** An unmasked export of a partner, as a node that wrote it leaves it. */
async function addExport(): Promise<string> {
  const export_id = randomUUID();
  await world.pool.query(
    `INSERT INTO export_job (export_id, form, format, gzip, filter, scope, masked, purpose, requested_by, until, status,
       finished_at)
     VALUES ($1, 'turns', 'csv', false, '{}', '{}', false, 'research:1', '{"role": "auditor", "subject": "meera"}', now(),
       'done', now())`,
    [export_id],
  );
  await world.pool.query('INSERT INTO export_partner (partner_id, export_id) VALUES ($1, $2)', [
    partner_id,
    export_id,
  ]);
  return export_id;
}

test('the receipt names the exports that held the data, once their files are removed', async () => {
  await world.start(partner_id);
  const export_id = await addExport();
  await world.request(partner_id);
  await expect(world.eraser.erase(partner_id)).rejects.toThrow('left: exports files');
  const { rows } = await world.pool.query('SELECT status FROM export_job WHERE export_id = $1', [export_id]);
  expect(rows).toEqual([{ status: 'withdrawn' }]);
  await world.pool.query('UPDATE export_job SET files_removed_at = now() WHERE export_id = $1', [export_id]);
  const receipt = await world.eraser.erase(partner_id);
  expect(receipt?.exports).toEqual([
    { export_id, form: 'turns', requested_at: expect.any(String), role: 'auditor', subject: 'meera' },
  ]);
  expect(receipt?.checked).toContainEqual(
    expect.objectContaining({ store: 'exports', what: 'files', left: 0 }),
  );
  expect((await world.privacy(partner_id))?.receipt?.exports).toEqual(receipt?.exports);
});
