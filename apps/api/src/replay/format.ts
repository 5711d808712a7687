/** Formats of events: a page of JSON, one JSON object per line, or Server-Sent Events. */
export type EventFormat = 'json' | 'ndjson' | 'sse';

/** The content types of streams of events. */
export const streamTypes = { ndjson: 'application/x-ndjson', sse: 'text/event-stream' } as const;

/** The first supported format in an Accept header; JSON by default. */
export function formatOf(accept: string | undefined): EventFormat {
  for (const range of accept?.split(',') ?? []) {
    const type = range.split(';')[0]?.trim().toLowerCase();
    if (type === streamTypes.ndjson) return 'ndjson';
    if (type === streamTypes.sse) return 'sse';
    if (type === 'application/json') return 'json';
  }
  return 'json';
}
