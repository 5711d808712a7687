/** The types of values that become tokens. */
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
  /** The normal form of all its spellings. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}
