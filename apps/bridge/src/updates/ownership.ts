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

/** Knows whose an order, payout or shipment is, and which sessions an update may therefore enter. */
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

  /** Remembers what updates say: one that names a partner says whose the other things are that it names. */
  async learn(updates: readonly AboutUpdate[]): Promise<void> {
    const now = new Date().toISOString();
    const named = updates.flatMap(({ update, about }): NamedOwner[] => {
      const { partner: partner_id } = about;
      if (!isPartnerId(partner_id)) return [];
      // A clock that is ahead must not make its word the last one for long.
      const at = orderedAt(update) ?? now;
      const named_at = at < now ? at : now;
      return ownable(about).map((reference) => ({ ...reference, partner_id, named_at }));
    });
    await rememberOwners(this.pool, await this.references.written(named));
  }

  /**
   * Whom updates concern. One that names a partner enters no session of another; one about something that is known to
   * be a partner's enters no session of another either, unless the configuration allows it.
   */
  async addressees(all: readonly UpdateReferences[]): Promise<Addressees[]> {
    const allows = this.config.foreignReferences === 'allow';
    const asked = allows ? [] : all.filter(({ partner }) => partner === undefined).flatMap(ownable);
    const owners = await this.ownersOf(asked);
    return all.map((about) => {
      const references = referencesIn(about);
      if (about.partner !== undefined)
        return isReference(about.partner) ? { references, partner: about.partner } : nobody;
      const partners = new Set(ownable(about).flatMap((reference) => owners.get(keyOf(reference)) ?? []));
      const [partner = null] = partners;
      return partners.size > 1 ? nobody : { references, partner };
    });
  }

  /** By the keys of the references. */
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

/** For an update of a partner that no session can have, or about things of several partners. */
const nobody: Addressees = { references: [], partner: null };

function ownable(about: UpdateReferences): Reference[] {
  return referencesIn(about).filter(({ kind }) => kind !== 'partner');
}

function keyOf({ kind, reference }: Reference): string {
  return `${kind}\0${reference}`;
}
