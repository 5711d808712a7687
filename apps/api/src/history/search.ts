import { Inject, Injectable, Optional } from '@nestjs/common';
import { validationFailed } from '#platform';
import { BlindIndex, DataKeys, tokenise } from '#privacy';
import type { Page, Queryable, RowLimits, TurnFilter, TurnItem } from '#read-models';
import { entityIndex, hasTokens, listTurns, TextSearchConfig, tokenIndex, WordIndex } from '#read-models';
import type { TurnSearchDto } from './search.dto.ts';

type Values = Pick<TurnFilter, 'entity' | 'blind_index' | 'words'>;
const nothing: Page<TurnItem> = { items: [], next: null };

/** Finds turns by their encrypted content. */
@Injectable()
export class TurnSearch {
  constructor(
    private readonly textSearch: TextSearchConfig,
    @Optional() @Inject(DataKeys) private readonly keys: DataKeys | undefined,
  ) {}

  /** @throws ProblemError `validation_failed`, KeyStoreUnavailableError, InvalidCursorError */
  async find(
    db: Queryable,
    { entity, text, ...filter }: TurnSearchDto,
    limits: RowLimits,
  ): Promise<Page<TurnItem>> {
    if (entity === undefined && text === undefined) throw refused('entity', 'or text must be there, or both');
    const words = text === undefined ? undefined : await this.wordsOf(text, filter.partner_id);
    if (words?.length === 0) return nothing;
    const values = entity === undefined ? {} : await this.valueOf(db, entity, filter.partner_id);
    const all = { ...filter, ...values, ...limits, words };
    const { items, next } = await listTurns(db, all, undefined, this.keys);
    return { items, next };
  }

  /**
   * The hash that stands for a token in the rows; without encryption there are none. @throws KeyStoreUnavailableError
   */
  async tokenOf(token: string | undefined): Promise<Pick<TurnFilter, 'blind_index'>> {
    if (token === undefined) return {};
    if (this.keys === undefined) return { blind_index: '' };
    return { blind_index: tokenIndex(await BlindIndex.load(this.keys), token) };
  }

  private async valueOf(
    db: Queryable,
    entity: NonNullable<TurnSearchDto['entity']>,
    partnerId: string | undefined,
  ): Promise<Values> {
    const { keys } = this;
    if (keys === undefined) return { entity };
    const value = await stored(db, keys, entity, partnerId);
    return { blind_index: entityIndex(await BlindIndex.load(keys), entity.name, value) };
  }

  /**
   * The hashes that stand for the words in the rows; none: no turn can have them. A search never creates a key for a
   * partner.
   */
  private async wordsOf(text: string, partnerId: string | undefined): Promise<string[]> {
    const { scope } = this.textSearch;
    if (scope === 'off') throw refused('text', 'texts are not searched here; see TEXT_SEARCH');
    if (scope === 'partner' && partnerId === undefined)
      throw refused('partner_id', 'must be there: texts are searched for one partner at a time here');
    const { keys } = this;
    const isOwn = keys !== undefined && scope === 'partner' && partnerId !== undefined;
    const index = await WordIndex.load(scope, keys);
    const key = isOwn ? await keys.existing(partnerId) : undefined;
    if (isOwn && key === undefined) return [];
    const words = index.wordsOf(text, key);
    if (words.length === 0) throw refused('text', 'must have a word');
    return words;
  }
}

function refused(field: string, message: string): Error {
  return validationFailed([{ field, message }]);
}

/**
 * The form in which the turns of a partner store the value: a personal value is a token. A search never creates a key
 * for a partner.
 */
async function stored(
  db: Queryable,
  keys: DataKeys,
  { name, value }: NonNullable<TurnSearchDto['entity']>,
  partnerId: string | undefined,
): Promise<string | number | boolean> {
  if (partnerId === undefined || !(await hasTokens(db, partnerId))) return value;
  const key = await keys.existing(partnerId);
  if (key === undefined) return value;
  const { value: found } = tokenise(key, { [name]: value });
  return found[name] ?? value;
}
