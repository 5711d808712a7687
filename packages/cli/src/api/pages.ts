import type { CallOptions } from '@turnstream/sdk';
import { usageError } from '../failure.ts';
import type { Call } from './call.ts';

/** A page of a list of the API. */
interface Page<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
}

/** The largest page of the API. */
const pageSize = 500;

/** `--limit`: a whole number, or `all`. */
export function parseLimit(text: string): number {
  if (text === 'all') return Infinity;
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw usageError(`--limit must be a whole number from 1 on, or all; not ${text}.`);
  return limit;
}

/** The rows of a list, page by page, up to `limit`; prints a note when there are more. */
export async function* listed<Row>(
  { api, out, terminal }: Call,
  path: string,
  { limit, query = {}, body, ...options }: CallOptions & { readonly limit: number },
): AsyncGenerator<Row, void> {
  let left = limit;
  let after: string | undefined;
  do {
    const paging = { limit: Math.min(left, pageSize), ...(after !== undefined && { after }) };
    const page = await api.request<Page<Row>>(path, {
      ...options,
      ...(body === undefined ? { query: { ...query, ...paging } } : { query, body: { ...body, ...paging } }),
      signal: terminal.signal,
    });
    yield* page.items.slice(0, left);
    left -= page.items.length;
    after = page.next ?? undefined;
  } while (after !== undefined && left > 0);
  if (after !== undefined || left < 0)
    out.note(`There are more than ${limit}: --limit ${limit * 10}, or --limit all.`);
}
