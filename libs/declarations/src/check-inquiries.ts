import type { InquiryKind, InquiryKinds } from '#domain';
import type { InquiryInFile } from './file.ts';
import { mappingFault, pointersOfFields } from './pointers.ts';
import type { Fault, Path } from './source.ts';

/** The size limit of a kind (characters of JSON, with defaults), since every inquiry carries its kind in its first event. */
const kindLimit = 32_768;

type Report = (path: Path, message: string) => void;

/** Completes the kinds of inquiries, and reports faults that the format of the file cannot express. */
export function checkInquiries(inquiries: { readonly [kind: string]: InquiryInFile }): {
  readonly inquiries: InquiryKinds;
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const checked = Object.entries(inquiries).map(([kind, inquiry]): [string, InquiryKind] => {
    const report: Report = (path, message) => faults.push({ path: ['inquiries', kind, ...path], message });
    reportAbout(inquiry, report);
    reportOrder(inquiry, report);
    reportMappings(inquiry, report);
    const merge = inquiry.merge ?? Object.keys(inquiry.sources).map((source) => `/answers/${source}`);
    const resolved = { ...inquiry, merge };
    if (JSON.stringify(resolved).length > kindLimit)
      report([], `has more than ${kindLimit} characters of JSON, with its defaults`);
    return [kind, resolved];
  });
  return { inquiries: Object.fromEntries(checked), faults };
}

function reportAbout({ about = {}, subject }: InquiryInFile, report: Report): void {
  for (const [kind, field] of Object.entries(about))
    if (!subject.includes(field))
      report(['about', kind], `must be one of the subject: ${subject.join(', ')}`);
}

/** Checks that sources depend on known ones, and never on themselves. */
function reportOrder({ sources }: InquiryInFile, report: Report): void {
  for (const [source, { after }] of Object.entries(sources)) {
    for (const [index, name] of after.entries())
      if (!Object.hasOwn(sources, name))
        report(['sources', source, 'after', index], `is no source: use ${Object.keys(sources).join(', ')}`);
    if (reaches(sources, source, source, new Set()))
      report(['sources', source, 'after'], 'leads back to the source itself');
  }
}

function reaches(sources: InquiryInFile['sources'], from: string, goal: string, seen: Set<string>): boolean {
  return (sources[from]?.after ?? []).some((name) => {
    if (name === goal) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return reaches(sources, name, goal, seen);
  });
}

/** A request may use the answers that its source depends on, a merge any answer. */
function reportMappings({ subject, sources, merge = [] }: InquiryInFile, report: Report): void {
  const names = Object.keys(sources);
  const check = (path: Path, pointer: string, answers: readonly string[], missing: string): void => {
    const [, root = '', name = ''] = pointer.split('/');
    const known = root === 'subject' ? subject : root === 'answers' ? answers : undefined;
    if (known === undefined) report(path, 'must begin with /subject or /answers');
    else if (!known.includes(name)) report(path, root === 'subject' ? `the subject has no ${name}` : missing);
  };
  for (const [source, { after, request }] of Object.entries(sources)) {
    const path = ['sources', source, 'request'];
    for (const [field, mapping] of Object.entries(request)) {
      const fault = mappingFault(mapping);
      if (fault !== undefined) report([...path, field], fault);
    }
    for (const [field, pointer] of pointersOfFields(request))
      check([...path, field], pointer, after, `needs the answer of a source that is not in its after`);
  }
  for (const [index, part] of merge.entries()) {
    const pointers: [Path, string][] =
      typeof part === 'string'
        ? [[[], part]]
        : pointersOfFields(part).map(([field, pointer]) => [[field], pointer]);
    for (const [path, pointer] of pointers)
      check(['merge', index, ...path], pointer, names, `is of no source: use ${names.join(', ')}`);
  }
}
