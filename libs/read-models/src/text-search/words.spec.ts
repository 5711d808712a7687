import { describe, expect, test } from '@jest/globals';
import { searchWords } from './words.ts';

describe('one form have', () => {
  test.each([
    'Payment पेमेंट pement PAYMENT',
    'paisa paise pesa पैसा पैसे',
    'kahan kahaan kaha कहाँ कहां',
    'nahi nahin nahee नहीं',
    'mera mere मेरा मेरे',
    'mujhe muje मुझे',
    'kyun kyon kyu क्यों',
    'order ऑर्डर',
    'bank बैंक',
    'account अकाउंट',
    'phone fone फोन फ़ोन',
    'zaroor jaroor ज़रूर',
    'achha acha अच्छा',
    'mahina mahine महीना',
    '1200 १२००',
  ])('%s', (line) => {
    const forms = line.split(' ').map((word) => searchWords(word));
    expect(forms).toEqual(forms.map(() => forms[0]));
    expect(forms[0]).toHaveLength(1);
  });
});

test('words with other meanings have other forms', () => {
  const words = 'pass push paisa payment pending order bank phone kab kahan october account';
  expect(searchWords(words)).toHaveLength(words.split(' ').length);
});

test('a text has each of its words once, and no tokens of personal values', () => {
  expect(searchWords('Call tok_phone_kbdmdopoagkcbnjhaedkcgfl_3210, call 1200!')).toEqual(['kl', '1200']);
});

test('words that are too long or too many are left out', () => {
  expect(searchWords('x'.repeat(41))).toEqual([]);
  expect(searchWords(Array.from({ length: 100 }, (_, n) => `w${n}`).join(' '))).toHaveLength(64);
  expect(searchWords('')).toEqual([]);
});
