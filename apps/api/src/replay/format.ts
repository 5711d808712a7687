/** How events are sent: a page of JSON, a line of JSON for each, or Server-Sent Events. */
export type EventFormat = 'json' | 'ndjson' | 'sse';

/** The content types of streams of events. */
export const streamTypes = { ndjson: 'application/x-ndjson', sse: 'text/event-stream' } as const;

/** The first format that an Accept header names; JSON where it names none. */
export function formatOf(accept: string | undefined): EventFormat {
  for (const range of accept?.split(',') ?? []) {
    const type = range.split(';')[0]?.trim().toLowerCase();
    if (type === streamTypes.ndjson) return 'ndjson';
    if (type === streamTypes.sse) return 'sse';
    if (type === 'application/json') return 'json';
  }
  return 'json';
}
