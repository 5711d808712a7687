/* oxlint-disable no-control-regex -- control characters are what is looked for */
const breaks = /\s*[\n\r\u2028\u2029]\s*/g;
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text of somebody else in one line, without what would steer the terminal: escape sequences, and marks that turn the
 * direction of writing.
 */
export function safeText(text: string): string {
  return text.replaceAll(breaks, ' ').replaceAll('\t', ' ').replaceAll(controls, '\u{fffd}');
}

/** A value as a text in one line: JSON for objects and lists, `-` for nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  return safeText(typeof value === 'string' ? value : JSON.stringify(value));
}
