/* oxlint-disable no-control-regex -- control characters are what is looked for */
const breaks = /\s*[\n\r\u2028\u2029]\s*/g;
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes foreign text safe to print in one line: without escape sequences that would control the terminal, and without marks that change
 * the direction of writing.
 */
export function safeText(text: string): string {
  return text.replaceAll(breaks, ' ').replaceAll('\t', ' ').replaceAll(controls, '\u{fffd}');
}

/** A value as one line of text: JSON for objects and lists, `-` for a missing one. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}
