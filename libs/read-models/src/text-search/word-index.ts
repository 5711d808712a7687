import type { DataKey, DataKeys } from '#privacy';
import { BlindIndex } from '#privacy';
import type { TextSearchScope } from './config.ts';
import { searchWords } from './words.ts';

const kind = 'word';

/**
 * The stored form of words in `turn_word`. With keys it is a keyed hash, so that the table reveals which turns share a word, but
 * not the word.
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

  /** The stored forms of a text's words; empty when words are not indexed. @param partner the key of the text's partner */
  wordsOf(text: string, partner: DataKey | undefined): string[] {
    if (this.scope === 'off') return [];
    const words = searchWords(text);
    if (!this.isKeyed) return words;
    const index = this.shared ?? (partner && new BlindIndex(partner));
    return index === undefined ? [] : words.map((word) => index.of(kind, word));
  }
}
