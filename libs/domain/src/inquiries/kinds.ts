import type { Json, JsonObject } from '../kernel/json.ts';
import { isObject } from '../kernel/json.ts';
import { mapJson } from './mapping.ts';

export type Answers = { readonly [source: string]: JsonObject };

/** A system that is asked. */
interface SourceKind {
  /** Whether the inquiry needs its answer. Missing: not; what comes from a file of declarations has it, by default true. */
  readonly required?: boolean;
  /** The sources whose answers it needs first. */
  readonly after?: readonly string[];
  /** Mapping of `{ subject, answers }` to what it is asked. A pointer that finds nothing: it need not be asked after all. */
  readonly request: JsonObject;
}

/**
 * One kind of question: whom it goes to, in which order, how long it may take, and what becomes of the answers. It is
 * data, which an inquiry carries in its first event. Mappings: see `mapJson`.
 */
export interface InquiryKind {
  /** The fields that the subject must have, each a text. */
  readonly subject: readonly string[];
  /** Which field of the subject names an `order`, a `payout` and so on. */
  readonly about?: { readonly [reference: string]: string };
  readonly sources: { readonly [source: string]: SourceKind };
  readonly deadline_ms: number;
  /** How often a source that fails is asked in all, and how long to wait before the second time; then twice as long. */
  readonly retry: { readonly attempts: number; readonly backoff_ms: number };
  /** What happens when a required source did not answer. */
  readonly without_required: 'nothing' | 'request_handoff';
  /** Mappings of `{ subject, answers }` to objects; members of later ones replace those of earlier ones. */
  readonly merge: readonly Json[];
  /** The answer when no source answered; null or missing: there is none. */
  readonly fallback?: JsonObject | null;
}

export type InquiryKinds = { readonly [kind: string]: InquiryKind };

/** A merged answer is at most this large (characters of JSON); a part of it that would make it larger is left out. */
export const mergedAnswerLimit = 32_768;
/** A source is asked with at most this many characters of JSON. */
const requestLimit = 8_192;

/** Every source that some of the kinds asks: each has its topic of requests. */
export function sourcesOf(kinds: InquiryKinds): readonly string[] {
  return [...new Set(Object.values(kinds).flatMap(({ sources }) => Object.keys(sources)))].sort();
}

/** What a source is asked, or why it is not: it need not be, or it cannot be. */
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

/** The answers as one; side by side for a kind that is not known. */
export function mergeAnswers(
  kind: InquiryKind | undefined,
  subject: JsonObject,
  answers: Answers,
): JsonObject {
  const parts = kind ? kind.merge.map((part) => mapJson(part, { subject, answers }).value) : [answers];
  return parts.filter(isObject).reduce<JsonObject>((merged, part) => {
    const more = { ...merged, ...part };
    return JSON.stringify(more).length > mergedAnswerLimit ? merged : more;
  }, {});
}

/** A kind as an event holds it; undefined when it is none that can be worked with. */
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
