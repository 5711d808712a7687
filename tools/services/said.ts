/** The content of a service's reply. */
export type Said =
  | { readonly status: 'ok'; readonly data: { readonly [field: string]: unknown } }
  | { readonly status: 'failed'; readonly reason: string; readonly retryable: boolean };

/** A service's reply for its result; `failed`: it could not look it up. */
export function say(
  found: { readonly [field: string]: unknown } | undefined,
  { failed }: { readonly failed: boolean },
): Said {
  if (failed)
    return { status: 'failed', reason: 'the database of the service is unavailable', retryable: true };
  if (found === undefined) return { status: 'failed', reason: 'unknown reference', retryable: false };
  return { status: 'ok', data: found };
}

interface Delivery {
  readonly late: boolean;
  readonly times: number;
}

/** The log line for a request; `said` is undefined when the service stays silent. */
export function logLine(request: string, said: Said | undefined, { late, times }: Delivery): string {
  if (said === undefined) return `${request}: nothing: silent`;
  const what = said.status === 'ok' ? `answered ${JSON.stringify(said.data)}` : `failed: ${said.reason}`;
  return `${request}: ${what}${times > 1 ? ', twice' : ''}${late ? ', late' : ''}`;
}
