import { expect, test } from '@jest/globals';
import { isPartnerId } from './partner-id.ts';

test.each(['P7689', 'P-98765', 'partner:in.blr_7', '0f8fad5b-d9cb-469f-a165-70867728950e', 'a'.repeat(64)])(
  '%s may be a partner id',
  (id) => expect(isPartnerId(id)).toBe(true),
);

test.each([
  '9876543210',
  '+919876543210',
  '98765-43210',
  'wa:919876543210',
  'ravi@example.in',
  '/index',
  '/kept/2026-11-29',
  'Ravi Kumar',
  '',
  'a'.repeat(65),
  7,
  null,
])('%p may not', (id) => expect(isPartnerId(id)).toBe(false));
