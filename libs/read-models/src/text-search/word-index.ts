import type { DataKey, DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';
import type { TextSearchScope } from './config.ts';
import { searchWords } from './words.ts';

const kind = 'word';

/**
 * What stands in `turn_word` for the words of texts. Where there are keys it is a keyed hash of each, so that the table says which
 * turns share a word, and not which word it is.
 */
export class WordIndex {
  private constructor(
    private readonly scope: TextSearchScope,
    private readonly shared: BlindIndex | undefined,
    private readonly isKeyed: boolean,
  ) {}

  /** @throws KeyStoreUnavailableError */
  static async load(scope: TextSearchScope, keys: DataKeys | undefined): Promise<WordIndex> {
    const shared = keys && scope === 'all' ? await BlindIndex.load(keys) : undefined;
    return new WordIndex(scope, shared, keys !== undefined);
  }

  /** What stands for the words of a text; none where they are not indexed. @param partner the key of whose text it is */
  wordsOf(text: string, partner: DataKey | undefined): string[] {
    if (this.scope === 'off') return [];
    const words = searchWords(text);
    if (!this.isKeyed) return words;
    const index = this.shared ?? (partner && new BlindIndex(partner));
    return index === undefined ? [] : words.map((word) => index.of(kind, word));
  }
}
