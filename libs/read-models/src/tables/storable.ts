import type { Json } from '#domain';

/** What PostgreSQL refuses in texts and jsonb: the character NUL and lone surrogates. */
const suspicious = /\\u0000|\\ud[89a-f]/i;

/**
 * JSON text that PostgreSQL can store: the few characters that it refuses become U+FFFD. Parses only texts that
 * may contain one.
 */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return suspicious.test(text) ? JSON.stringify(clean(JSON.parse(text) as Json)) : text;
}

function clean(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => clean(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), clean(item)]));
}

function cleanText(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\uFFFD')).toString();
}
