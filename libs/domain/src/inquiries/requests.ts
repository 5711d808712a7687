import type { InquiryRequest } from './events.ts';
import type { Answers } from './kinds.ts';
import { inquiryKind } from './kinds.ts';
import type { Inquiry } from './state.ts';

/** The answers that an inquiry has so far. */
export function answersOf({ sources }: Inquiry): Answers {
  const answered = Object.entries(sources).flatMap(([name, { data }]) =>
    data === null ? [] : [[name, data]],
  );
  return Object.fromEntries(answered);
}

/** What can be asked once a source has answered: the sources that waited for it and have all that they need now. */
export function dueRequests(
  { kind, subject, sources }: Inquiry,
  answers: Answers,
  answered: string,
): { requests: InquiryRequest[]; skipped: string[] } {
  const requests: InquiryRequest[] = [];
  const skipped: string[] = [];
  for (const [source, { status, after }] of Object.entries(sources)) {
    const waits = (status === 'waiting' || status === 'failed') && after.includes(answered);
    if (!waits || !after.every((name) => name in answers)) continue;
    const request = inquiryKind(kind)?.sources[source]?.request(subject, answers) ?? null;
    if (request === null) skipped.push(source);
    else requests.push({ source, attempt: 1, request });
  }
  return { requests, skipped };
}
