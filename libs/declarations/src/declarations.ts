import type { InquiryKinds, Json, JsonObject, UpdateReferences } from '#domain';

/** A JSON Pointer, one with a value for where it finds none, or a constant. */
export type Mapping =
  | string
  | { readonly pointer: string; readonly otherwise?: Json }
  | { readonly const: Json };
export type Fields = { readonly [field: string]: Mapping };

/** Where a plain JSON message has its id, type or time. */
export type Place = { readonly pointer: string } | { readonly header: string };

/** What is told of a type of event. The mappings are of `{ id, type, time, subject, key, data }`. */
export interface DeclaredType {
  readonly kind: string;
  /** JSON Schema (draft 7) of its data. */
  readonly schema: JsonObject;
  /** The first pointer that finds an id counts. */
  readonly references: { readonly [kind in keyof UpdateReferences]?: readonly string[] };
  readonly status?: Mapping;
  readonly time?: Mapping;
  readonly public_text?: Mapping;
  /** How data differs from the schema, in words; undefined: it does not. */
  readonly faultOf: (data: unknown) => string | undefined;
}

/** A topic that another system writes. */
export interface DeclaredTopic {
  readonly system: string;
  readonly format: 'cloudevents' | 'json';
  /** Of plain JSON messages: an id always, a type when there are several. */
  readonly id?: Place;
  readonly type?: Place;
  readonly time?: Place;
  readonly types: { readonly [type: string]: DeclaredType };
}

/** What an installation declares in its file; the token under which it is injected. */
export abstract class Declarations {
  abstract readonly channels: readonly string[];
  /** The topics to read, by name. */
  abstract readonly topics: { readonly [topic: string]: DeclaredTopic };
  abstract readonly inquiries: InquiryKinds;
  /** The topics to read, and every source that some kind of inquiry asks. */
  abstract readonly names: { readonly incoming: readonly string[]; readonly sources: readonly string[] };
}
