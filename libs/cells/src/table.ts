import type { DirectoryChanges } from './directory.ts';
import { slotIn, slotOf } from './slots.ts';

/**
 * A router's copy of the directory. It may be outdated: a cell that gets a request by mistake says where it belongs, so
 * an old table costs a detour, never a command.
 */
export class CellTable {
  private urls = new Map<string, string>();
  private slots: readonly string[] = [];
  private readonly partners = new Map<string, string>();
  private known = -1;

  /** The version of the directory that it has; -1: none. */
  get version(): number {
    return this.known;
  }

  get cells(): readonly string[] {
    return [...this.urls.keys()];
  }

  /** Applies the changes since a version. Older changes have no effect. */
  apply({ version, cells, slots, partners }: DirectoryChanges): void {
    if (version <= this.known) return;
    this.urls = new Map(cells.map(({ name, url }) => [name, url]));
    this.slots = slots;
    for (const { partner_id, cell } of partners) {
      if (slots[slotOf(partner_id)] === cell) this.partners.delete(partner_id);
      else this.partners.set(partner_id, cell);
    }
    this.known = version;
  }

  urlOf(cell: string): string | undefined {
    return this.urls.get(cell);
  }

  /** The cell of a partner; undefined: the directory assigns none. */
  ofPartner(partnerId: string): string | undefined {
    return this.partners.get(partnerId) ?? this.slots[slotOf(partnerId)];
  }

  /** The cell of a session, by its id; wrong if its partner was moved or the id was chosen by its caller. */
  ofSession(sessionId: string): string | undefined {
    return this.slots[slotIn(sessionId)];
  }
}
