import type { InquiryRequest } from './events.ts';
import type { Answers, requestTo } from './kinds.ts';
import type { Inquiry } from './state.ts';

interface DueRequests {
  readonly requests: readonly InquiryRequest[];
  readonly skipped: readonly string[];
  /** The sources that cannot be asked, each with the reason. */
  readonly failed: readonly (readonly [source: string, reason: string])[];
}

interface Waiting {
  readonly source: string;
  /** The sources that must be settled first. */
  readonly after: readonly string[];
}

const none: DueRequests = { requests: [], skipped: [], failed: [] };

/** The answers of an inquiry so far. */
export function answersOf({ sources }: Inquiry): Answers {
  const answered = Object.entries(sources).flatMap(([name, { data }]) =>
    data === null ? [] : [[name, data]],
  );
  return Object.fromEntries(answered);
}

/** What to do with the waiting sources, once these sources are settled: answered or skipped. */
export function dueRequests(
  waiting: readonly Waiting[],
  settled: readonly string[],
  request: (source: string) => ReturnType<typeof requestTo>,
): DueRequests {
  const ready = waiting.filter(({ after }) => after.every((name) => settled.includes(name)));
  if (ready.length === 0) return none;
  const results = ready.map(({ source }) => ({ source, result: request(source) }));
  const skipped = results.filter(({ result }) => result === 'skipped').map(({ source }) => source);
  const requests = results.flatMap(({ source, result }) =>
    typeof result === 'string' ? [] : [{ source, attempt: 1, request: result }],
  );
  const failed = results.flatMap(({ source, result }) =>
    typeof result === 'string' && result !== 'skipped' ? [[source, result] as const] : [],
  );
  const rest = waiting.filter((item) => !ready.includes(item));
  const more = skipped.length > 0 ? dueRequests(rest, [...settled, ...skipped], request) : none;
  return {
    requests: [...requests, ...more.requests],
    skipped: [...skipped, ...more.skipped],
    failed: [...failed, ...more.failed],
  };
}
