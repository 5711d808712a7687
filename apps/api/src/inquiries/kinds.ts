import type { InquiryKinds } from '#domain';
import { defaultInquiryKinds } from '#domain';

/** The token of the kinds of inquiries that can be opened. */
export const INQUIRY_KINDS = Symbol('INQUIRY_KINDS');

export const inquiryKindsProvider = {
  provide: INQUIRY_KINDS,
  useValue: defaultInquiryKinds satisfies InquiryKinds,
};
