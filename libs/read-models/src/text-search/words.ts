/** The most words indexed per text, and the most characters of a word. */
const mostWords = 64;
const longest = 40;

/** A word of any script. Tokens of personal values are not words, but are indexed as entities. */
const words = /[\p{L}\p{M}\p{Nd}]+/gu;
const tokens = /tok_[a-z]+_[a-p]+(?:_\d{4})?/g;

const consonants: Readonly<Record<string, string>> = {
  क: 'k', ख: 'kh', ग: 'g', घ: 'gh', ङ: 'n', च: 'ch', छ: 'ch', ज: 'j', झ: 'jh', ञ: 'n',
  ट: 't', ठ: 'th', ड: 'd', ढ: 'dh', ण: 'n', त: 't', थ: 'th', द: 'd', ध: 'dh', न: 'n',
  प: 'p', फ: 'f', ब: 'b', भ: 'bh', म: 'm', य: 'y', र: 'r', ल: 'l', व: 'v', श: 'sh',
  ष: 'sh', स: 's', ह: 'h', ळ: 'l',
}; // prettier-ignore
const vowels: Readonly<Record<string, string>> = {
  अ: 'a', आ: 'a', इ: 'i', ई: 'i', उ: 'u', ऊ: 'u', ए: 'e', ऐ: 'e', ओ: 'o', औ: 'o', ऑ: 'o', ऍ: 'e', ऋ: 'ri',
  'ा': 'a', 'ि': 'i', 'ी': 'i', 'ु': 'u', 'ू': 'u', 'े': 'e', 'ै': 'e', 'ो': 'o', 'ौ': 'o', 'ॉ': 'o', 'ॅ': 'e', 'ृ': 'ri',
  'ं': 'n', 'ँ': 'n',
}; // prettier-ignore

/** Spellings of the same sound, as people write Hindi in Latin letters; applied in order. */
const sounds: readonly (readonly [RegExp, string])[] = [
  [/ph/g, 'f'],
  [/w/g, 'v'],
  [/z/g, 'j'],
  [/q|ck/g, 'k'],
  [/x/g, 'ks'],
  [/c(?!h)/g, 'k'],
  [/ee|ii|ea/g, 'i'],
  [/oo|uu/g, 'u'],
  [/ai|ei|ay|ey|ae/g, 'e'],
  [/au|ou|ow/g, 'o'],
  [/y/g, 'i'],
  [/(?<=[bcdfgjklmnprstv])h+/g, ''],
  [/(.)\1+/g, '$1'],
  // A final vowel that is nasal in Hindi is often written without its n.
  [/(?<=^.{2,}[aeiou])n$/, ''],
  [/o/g, 'u'],
  // The inherent vowel, which Devanagari does not write.
  [/(?<!^)[ae](?!$)/g, ''],
  [/[ae]$/, 'a'],
  [/(?<=.{3})a$/, ''],
];

/**
 * The words of a text in their search form, which is the same in Devanagari and Latin letters, for long and short vowels and for
 * usual spellings. Different words may share a form.
 */
export function searchWords(text: string): string[] {
  const found = new Set<string>();
  for (const [word] of text.normalize('NFKC').toLowerCase().replace(tokens, ' ').matchAll(words)) {
    if (word.length <= longest) found.add(searchForm(word));
    if (found.size >= mostWords) break;
  }
  found.delete('');
  return [...found];
}

function searchForm(word: string): string {
  const latin = latinOf(word);
  if (/\d/.test(latin)) return latin;
  return sounds.reduce((form, [spelling, sound]) => form.replace(spelling, sound), latin);
}

/** Devanagari in Latin letters; diacritics of other letters, such as é, are dropped. */
function latinOf(word: string): string {
  const plain = word.normalize('NFD').replaceAll('\u093c', '');
  const letters = [...plain];
  const latin = letters.map((letter, index) => {
    const consonant = consonants[letter];
    if (consonant !== undefined) {
      const next = letters[index + 1];
      const isBare =
        next === undefined ||
        next === '्' ||
        (next in vowels && /\p{M}/u.test(next) && next !== 'ं' && next !== 'ँ');
      return isBare ? consonant : `${consonant}a`;
    }
    const digit = letter.codePointAt(0) ?? 0;
    if (digit >= 0x966 && digit <= 0x96f) return String(digit - 0x966);
    return vowels[letter] ?? (/\p{M}/u.test(letter) ? '' : letter);
  });
  return latin.join('');
}
