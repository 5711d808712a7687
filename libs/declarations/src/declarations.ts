import type { InquiryKinds, Json, JsonObject, UpdateReferences } from '#domain';

/** A JSON Pointer, a pointer with a default, or a constant. */
export type Mapping =
  | string
  | { readonly pointer: string; readonly otherwise?: Json }
  | { readonly const: Json };
export type Fields = { readonly [field: string]: Mapping };

/** The places of the id, type and time in a plain JSON message. */
export type Place = { readonly pointer: string } | { readonly header: string };

/** The declaration of an event type. Mappings apply to `{ id, type, time, subject, key, data }`. */
export interface DeclaredType {
  readonly kind: string;
  /** JSON Schema (draft 7) of its data. */
  readonly schema: JsonObject;
  /** The first pointer that finds an id is used. */
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
  /** For plain JSON messages: the id is required, and the type when there are several. */
  readonly id?: Place;
  readonly type?: Place;
  readonly time?: Place;
  readonly types: { readonly [type: string]: DeclaredType };
}

/** The declarations of an installation, from its file; the token under which they are injected. */
export abstract class Declarations {
  abstract readonly channels: readonly string[];
  /** The topics to read, by name. */
  abstract readonly topics: { readonly [topic: string]: DeclaredTopic };
  abstract readonly inquiries: InquiryKinds;
  /** The topics to read, and all sources that kinds of inquiries ask. */
  abstract readonly names: { readonly incoming: readonly string[]; readonly sources: readonly string[] };
}
