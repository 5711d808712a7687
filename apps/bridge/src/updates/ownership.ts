import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { UpdateReferences } from '#domain';
import { isPartnerId } from '#domain';
import type { Addressees, NamedOwner, Reference } from '#read-models';
import { isReference, ownersOf, rememberOwners, StoredReferences } from '#read-models';
import { Config } from '#platform';
import { DataKeys } from '#privacy';
import type { AboutUpdate } from './update.ts';
import { orderedAt, referencesIn } from './update.ts';

/** Tracks the partner of orders, payouts and shipments, and decides which sessions an update may enter. */
@Injectable()
export class Ownership {
  private readonly references: StoredReferences;

  constructor(
    private readonly pool: Pool,
    @Inject(Config) private readonly config: Pick<Config, 'foreignReferences'>,
    @Optional() @Inject(DataKeys) keys?: DataKeys,
  ) {
    this.references = new StoredReferences(keys);
  }

  /** Learns from updates: one that names a partner assigns its other references to that partner. */
  async learn(updates: readonly AboutUpdate[]): Promise<void> {
    const now = new Date().toISOString();
    const named = updates.flatMap(({ update, about }): NamedOwner[] => {
      const { partner: partner_id } = about;
      if (!isPartnerId(partner_id)) return [];
      // A clock that is ahead must not win over later updates for long.
      const at = orderedAt(update) ?? now;
      const named_at = at < now ? at : now;
      return ownable(about).map((reference) => ({ ...reference, partner_id, named_at }));
    });
    await rememberOwners(this.pool, await this.references.written(named));
  }

  /** The partners to whom the things of each update are known to belong; none of an update that names a partner itself. */
  async owners(all: readonly UpdateReferences[]): Promise<string[][]> {
    const ownables = all.map((about) => (about.partner === undefined ? ownable(about) : []));
    const owners = await this.ownersOf(ownables.flat());
    return ownables.map((references) => [
      ...new Set(references.flatMap((reference) => owners.get(keyOf(reference)) ?? [])),
    ]);
  }

  /**
   * The addressees of updates. An update that names a partner never enters a session of another one. An update without
   * a partner, about a reference that is known to belong to a partner, does so only if the configuration allows it.
   * @param owners as `owners` returns them; undefined: looked up if they matter
   */
  async addressees(
    all: readonly UpdateReferences[],
    owners?: readonly (readonly string[])[],
  ): Promise<Addressees[]> {
    const heeded = this.config.foreignReferences === 'allow' ? [] : (owners ?? (await this.owners(all)));
    return all.map((about, n) => {
      const references = referencesIn(about);
      if (about.partner !== undefined)
        return isReference(about.partner) ? { references, partner: about.partner } : nobody;
      const [partner = null, ...others] = heeded[n] ?? [];
      return others.length > 0 ? nobody : { references, partner };
    });
  }

  /** By keys of references. */
  private async ownersOf(asked: readonly Reference[]): Promise<Map<string, string>> {
    const forms = await this.references.forms(asked);
    const known = await ownersOf(this.pool, forms.flat());
    const owners = new Map(known.map((owner) => [keyOf(owner), owner.partner_id]));
    const found = asked.map((reference, n) => {
      const owner = forms[n]?.map((form) => owners.get(keyOf(form))).find((id) => id !== undefined);
      return [keyOf(reference), owner] as const;
    });
    return new Map(found.flatMap(([key, owner]) => (owner === undefined ? [] : [[key, owner] as const])));
  }
}

/** For an update whose partner can have no session, or with references of several partners. */
const nobody: Addressees = { references: [], partner: null };

function ownable(about: UpdateReferences): Reference[] {
  return referencesIn(about).filter(({ kind }) => kind !== 'partner');
}

function keyOf({ kind, reference }: Reference): string {
  return `${kind}\0${reference}`;
}
