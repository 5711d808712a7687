import type { DeclaredInquiry, DeclaredTopic, DeclaredType } from './declarations.ts';

/** A type as the file has it; the rest of `DeclaredType` is made of it. */
export type TypeInFile = Omit<DeclaredType, 'faultOf'>;
export type TopicInFile = Omit<DeclaredTopic, 'types'> & {
  readonly types: { readonly [type: string]: TypeInFile };
};
export type InquiryInFile = Omit<DeclaredInquiry, 'merge'> & Partial<Pick<DeclaredInquiry, 'merge'>>;

/** The content of a file that keeps its format, with the defaults. */
export interface FileContent {
  readonly channels: readonly string[];
  readonly topics: { readonly [topic: string]: TopicInFile };
  readonly inquiries: { readonly [kind: string]: InquiryInFile };
}
