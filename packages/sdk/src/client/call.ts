import { search } from './pages.ts';
import type { Request } from './transport.ts';

/** For {@link Turnstream.request} and {@link Turnstream.stream}. */
export interface CallOptions {
  /** Default GET. */
  readonly method?: Request['method'];
  /** The query string; what is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param path from `/v1` on, encoded */
export function toRequest(
  path: string,
  { method = 'GET', query = {}, headers, body, signal }: CallOptions,
): Request {
  return { method, path: path + search(query), headers: { ...headers }, body, signal };
}

/** The header that says what for personal data is asked. */
export function why(purpose: string | undefined): Record<string, string> {
  return purpose === undefined ? {} : { 'access-purpose': purpose };
}
