import type { InquiryKind } from '#domain';
import type { DeclaredTopic, DeclaredType, Fields } from './declarations.ts';

/** A type as in the file; the rest of `DeclaredType` is derived from it. */
export type TypeInFile = Omit<DeclaredType, 'faultOf'>;
export type TopicInFile = Omit<DeclaredTopic, 'types'> & {
  readonly types: { readonly [type: string]: TypeInFile };
};
export type InquiryInFile = Omit<InquiryKind, 'merge' | 'sources'> & {
  readonly merge?: readonly (string | Fields)[];
  readonly sources: {
    readonly [source: string]: {
      readonly required: boolean;
      readonly after: readonly string[];
      readonly request: Fields;
    };
  };
};

/** The content of a file in the right format, with defaults. */
export interface FileContent {
  readonly channels: readonly string[];
  readonly topics: { readonly [topic: string]: TopicInFile };
  readonly inquiries: { readonly [kind: string]: InquiryInFile };
}
