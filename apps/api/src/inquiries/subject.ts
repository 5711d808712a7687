import type { InquiryKind, InquiryKinds, JsonObject } from '#domain';
import { validationFailed } from '#platform';
import type { OpenInquiryDto } from './dto.ts';

interface Question {
  readonly declared: InquiryKind;
  readonly subject: JsonObject;
}

/**
 * The kind of the inquiry, and the subject with its declared fields only.
 * @throws ProblemError `validation_failed`
 */
export function checkedQuestion(kinds: InquiryKinds, { kind, subject }: OpenInquiryDto): Question {
  const declared = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (declared === undefined) {
    const known = Object.keys(kinds).join(', ');
    throw validationFailed([{ field: 'kind', message: `must be one of these: ${known}` }]);
  }
  const wanted = declared.subject;
  const errors = [...new Set([...wanted, ...Object.keys(subject)])].flatMap((field) => {
    const value: unknown = subject[field];
    const usable = typeof value === 'string' && value.length > 0 && value.length <= 200;
    if (!wanted.includes(field)) return [{ field: `subject.${field}`, message: `is not part of ${kind}` }];
    return usable ? [] : [{ field: `subject.${field}`, message: 'must be a text of 1 to 200 characters' }];
  });
  if (errors.length > 0) throw validationFailed(errors);
  return { declared, subject: { ...subject } };
}
