import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject } from '../kernel/json.ts';
import { mapJson } from './mapping.ts';

export type Answers = { readonly [source: string]: JsonObject };

/** A system that an inquiry asks. */
interface SourceKind {
  /** Whether the inquiry needs its answer. Absent: no; kinds from a file of declarations always have it, true by default. */
  readonly required?: boolean;
  /** The sources whose answers it depends on. */
  readonly after?: readonly string[];
  /** Mapping of `{ subject, answers }` to the request. If a pointer finds nothing, the source need not be asked. */
  readonly request: JsonObject;
}

/**
 * One kind of question: the sources to ask, their order, the time limit, and how to merge the answers. It is
 * data, which an inquiry carries in its first event. Mappings: see `mapJson`.
 */
export interface InquiryKind {
  /** The required fields of the subject, each a text. */
  readonly subject: readonly string[];
  /** Which field of the subject names an `order`, a `payout` and so on. */
  readonly about?: { readonly [reference: string]: string };
  readonly sources: { readonly [source: string]: SourceKind };
  readonly deadline_ms: number;
  /** The number of attempts for a failing source, and the pause before the second one; it doubles each time. */
  readonly retry: { readonly attempts: number; readonly backoff_ms: number };
  /** What happens when a required source did not answer. */
  readonly without_required: 'nothing' | 'request_handoff';
  /** Mappings of `{ subject, answers }` to objects; members of later objects replace those of earlier ones. */
  readonly merge: readonly Json[];
  /** The answer when no source answered; null or absent: none. */
  readonly fallback?: JsonObject | null;
}

export type InquiryKinds = { readonly [kind: string]: InquiryKind };

/** The size limit of a merged answer (characters of JSON); a part that would exceed it is left out. */
export const mergedAnswerLimit = 32_768;
/** The size limit of a request (characters of JSON). */
const requestLimit = 8_192;

/** All sources that the kinds ask: each has its topic of requests. */
export function sourcesOf(kinds: InquiryKinds): readonly string[] {
  return [...new Set(Object.values(kinds).flatMap(({ sources }) => Object.keys(sources)))].sort();
}

/** The request to a source, or why there is none: it need not be asked, or cannot be. */
export function requestTo(
  source: string,
  kind: InquiryKind | undefined,
  subject: JsonObject,
  answers: Answers,
): JsonObject | 'skipped' | 'unknown_kind' | 'request_too_large' {
  const declared = kind && Object.hasOwn(kind.sources, source) ? kind.sources[source] : undefined;
  if (declared === undefined) return 'unknown_kind';
  const { value, complete } = mapJson(declared.request, { subject, answers });
  if (!complete || !isObject(value)) return 'skipped';
  return JSON.stringify(value).length > requestLimit ? 'request_too_large' : value;
}

/** The merged answer; for an unknown kind the answers side by side. `limit`: its size (characters of JSON). */
export function mergeAnswers(
  kind: InquiryKind | undefined,
  subject: JsonObject,
  answers: Answers,
  limit = mergedAnswerLimit,
): JsonObject {
  const parts = kind ? kind.merge.map((part) => mapJson(part, { subject, answers }).value) : [answers];
  return parts.filter(isObject).reduce<JsonObject>((merged, part) => {
    const more = { ...merged, ...part };
    return JSON.stringify(more).length > limit ? merged : more;
  }, {});
}

/** Parses the kind in an event; undefined when it is not usable. */
export function readInquiryKind(value: unknown): InquiryKind | undefined {
  const kind = value as Partial<InquiryKind> | undefined | null;
  const { attempts, backoff_ms } = kind?.retry ?? {};
  const isKind =
    Array.isArray(kind?.merge) &&
    isObject(kind.sources as Json | undefined) &&
    Object.values(kind.sources ?? {}).every((source) => isObject(source?.request)) &&
    typeof attempts === 'number' &&
    typeof backoff_ms === 'number';
  return isKind ? (kind as InquiryKind) : undefined;
}
