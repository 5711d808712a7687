/** The check digits of made-up values, computed separately from the code that the corpus judges. */
const multiplied = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const permuted = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];
const inverse = '0432156789';

export function verhoeffDigit(digits: string): string {
  let check = 0;
  for (const [index, digit] of [...digits].toReversed().entries()) {
    const at = permuted[(index + 1) % 8]?.[Number(digit)];
    check = Number(multiplied[check]?.[Number(at)]);
  }
  return inverse[check] ?? '';
}

export function luhnDigit(digits: string): string {
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export function gstinDigit(characters: string): string {
  const sum = [...characters].reduce((total, character, index) => {
    const value = alphabet.indexOf(character) * (index % 2 === 0 ? 1 : 2);
    return total + Math.floor(value / 36) + (value % 36);
  }, 0);
  return alphabet[(36 - (sum % 36)) % 36] ?? '';
}
