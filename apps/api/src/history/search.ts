import { Inject, Injectable, Optional } from '@nestjs/common';
import { Pool } from 'pg';
import type { CallerLimits } from '#privacy';
import { BlindIndex, DataKeys, tokenise } from '#privacy';
import type { Page, TurnItem } from '#read-models';
import { entityIndex, hasTokens, listTurns } from '#read-models';
import { PostgresBreaker } from '../common/postgres-breaker.ts';
import type { TurnSearchDto } from './search.dto.ts';

/** Finds turns by the value of an entity, which is encrypted where it stands. */
@Injectable()
export class TurnSearch {
  constructor(
    private readonly pool: Pool,
    private readonly breaker: PostgresBreaker,
    @Optional() @Inject(DataKeys) private readonly keys: DataKeys | undefined,
  ) {}

  /** @throws KeyStoreUnavailableError, InvalidCursorError */
  async find({ entity, ...filter }: TurnSearchDto, limits: CallerLimits): Promise<Page<TurnItem>> {
    const { keys } = this;
    const { partners, channels } = limits;
    if (keys === undefined)
      return this.breaker.run(() => listTurns(this.pool, { ...filter, entity, partners, channels }));
    const index = await BlindIndex.load(keys);
    return this.breaker.run(async () => {
      const value = await this.stored(keys, entity, filter.partner_id);
      const blind_index = entityIndex(index, entity.name, value);
      return listTurns(this.pool, { ...filter, blind_index, partners, channels }, undefined, keys);
    });
  }

  /** As the value stands in turns of a partner: a personal one is a token there. No partner gets a key by a search. */
  private async stored(
    keys: DataKeys,
    { name, value }: TurnSearchDto['entity'],
    partnerId: string | undefined,
  ): Promise<string | number | boolean> {
    if (partnerId === undefined || !(await hasTokens(this.pool, partnerId))) return value;
    const { value: stored } = tokenise(await keys.of(partnerId), { [name]: value });
    return stored[name] ?? value;
  }
}
