/** The types of values that tokens stand for. */
export const personalTypes = [
  'card',
  'upi',
  'account',
  'ifsc',
  'phone',
  'pan',
  'aadhaar',
  'gstin',
  'vehicle',
  'email',
  'coordinates',
] as const;
export type PersonalType = (typeof personalTypes)[number];

/** A value in a text. */
export interface Found {
  readonly type: PersonalType;
  /** The one form of all its spellings. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}
