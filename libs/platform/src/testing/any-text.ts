import fc from 'fast-check';

/**
 * Strings of any characters but halves of surrogate pairs, as `fc.string({ unit: 'binary' })`, which first makes a table of
 * all million of them.
 */
export const anyText = (): fc.Arbitrary<string> => {
  const surrogates = { first: 0xd800, count: 0x800 };
  const character = fc
    .nat({ max: 0x10_ff_ff - surrogates.count })
    .map((n) => String.fromCodePoint(n < surrogates.first ? n : n + surrogates.count));
  return fc.string({ unit: character });
};
