import { beforeEach, describe, expect, it } from '@jest/globals';
import { slotOf, slots, withSlot } from './slots.ts';
import { CellTable } from './table.ts';

const cells = [
  { name: 'a', url: 'http://a' },
  { name: 'b', url: 'http://b' },
];
const halves = Array.from({ length: slots }, (_, slot) => (slot < slots / 2 ? 'a' : 'b'));
const inA = Array.from({ length: 50 }, (_, n) => `P${n}`).find((id) => slotOf(id) < slots / 2) ?? '';

describe('CellTable', () => {
  let table: CellTable;

  beforeEach(() => {
    table = new CellTable();
    table.apply({ version: 1, cells, slots: halves, partners: [] });
  });

  it('a partner is in the cell of its slot, and so are its sessions', () => {
    const session = withSlot('3b241101-e2bb-4255-8caf-4136c566a962', slotOf(inA));
    expect([table.ofPartner(inA), table.ofSession(session)]).toEqual(['a', 'a']);
  });

  it('a moved partner is in the other cell', () => {
    table.apply({ version: 2, cells, slots: halves, partners: [{ partner_id: inA, cell: 'b' }] });
    expect(table.ofPartner(inA)).toBe('b');
  });

  it('a partner that is back is no longer an exception', () => {
    table.apply({ version: 2, cells, slots: halves, partners: [{ partner_id: inA, cell: 'b' }] });
    table.apply({ version: 3, cells, slots: halves, partners: [{ partner_id: inA, cell: 'a' }] });
    expect(table.ofPartner(inA)).toBe('a');
  });

  it('an older version changes nothing', () => {
    table.apply({ version: 2, cells, slots: halves, partners: [{ partner_id: inA, cell: 'b' }] });
    table.apply({ version: 1, cells, slots: halves, partners: [{ partner_id: inA, cell: 'a' }] });
    expect([table.version, table.ofPartner(inA)]).toEqual([2, 'b']);
  });
});
