import { Inject, Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { UpdateReferences } from '#domain';
import type { Addressees, NamedOwner, Reference } from '#read-models';
import { isReference, ownersOf, rememberOwners } from '#read-models';
import { Config } from '#platform';
import type { AboutUpdate } from './update.ts';
import { orderedAt, referencesIn } from './update.ts';

/** Knows whose an order, payout or shipment is, and which sessions an update may therefore enter. */
@Injectable()
export class Ownership {
  constructor(
    private readonly pool: Pool,
    @Inject(Config) private readonly config: Pick<Config, 'foreignReferences'>,
  ) {}

  /** Remembers what updates say: one that names a partner says whose the other things are that it names. */
  async learn(updates: readonly AboutUpdate[]): Promise<void> {
    const now = new Date().toISOString();
    await rememberOwners(
      this.pool,
      updates.flatMap(({ update, about }): NamedOwner[] => {
        const { partner: partner_id } = about;
        if (!isReference(partner_id)) return [];
        // A clock that is ahead must not make its word the last one for long.
        const at = orderedAt(update) ?? now;
        const named_at = at < now ? at : now;
        return ownable(about).map((reference) => ({ ...reference, partner_id, named_at }));
      }),
    );
  }

  /**
   * Whom updates concern. One that names a partner enters no session of another; one about something that is known to
   * be a partner's enters no session of another either, unless the configuration allows it.
   */
  async addressees(all: readonly UpdateReferences[]): Promise<Addressees[]> {
    const allows = this.config.foreignReferences === 'allow';
    const asked = allows ? [] : all.filter(({ partner }) => partner === undefined).flatMap(ownable);
    const known = await ownersOf(this.pool, asked);
    const owners = new Map(known.map((owner) => [keyOf(owner), owner.partner_id]));
    return all.map((about) => {
      const references = referencesIn(about);
      if (about.partner !== undefined)
        return isReference(about.partner) ? { references, partner: about.partner } : nobody;
      const partners = new Set(ownable(about).flatMap((reference) => owners.get(keyOf(reference)) ?? []));
      const [partner = null] = partners;
      return partners.size > 1 ? nobody : { references, partner };
    });
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
