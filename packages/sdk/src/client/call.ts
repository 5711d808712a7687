import { search } from './pages.ts';
import type { Request } from './transport.ts';

/** For {@link Turnstream.request} and {@link Turnstream.stream}. */
export interface CallOptions {
  /** Default GET. */
  readonly method?: Request['method'];
  /** The query string; undefined members are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param path starting with `/v1`, encoded */
export function toRequest(
  path: string,
  { method = 'GET', query = {}, headers, body, signal }: CallOptions,
): Request {
  return { method, path: path + search(query), headers: { ...headers }, body, signal };
}

/** The header with the purpose for which personal data is requested. */
export function why(purpose: string | undefined): Record<string, string> {
  return purpose === undefined ? {} : { 'access-purpose': purpose };
}
