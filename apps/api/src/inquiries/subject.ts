import type { JsonObject } from '#domain';
import { validationFailed } from '#platform';
import { inquiries } from '../common/declared.ts';
import type { OpenInquiryDto } from './dto.ts';

/** The subject, with the fields that the kind declares and no others. @throws ProblemError `validation_failed` */
export function checkedSubject({ kind, subject }: OpenInquiryDto): JsonObject {
  const wanted = inquiries[kind]?.subject ?? [];
  const errors = [...new Set([...wanted, ...Object.keys(subject)])].flatMap((field) => {
    const value: unknown = subject[field];
    const usable = typeof value === 'string' && value.length > 0 && value.length <= 200;
    if (!wanted.includes(field)) return [{ field: `subject.${field}`, message: `is not part of ${kind}` }];
    return usable ? [] : [{ field: `subject.${field}`, message: 'must be a text of 1 to 200 characters' }];
  });
  if (errors.length > 0) throw validationFailed(errors);
  return { ...subject };
}
