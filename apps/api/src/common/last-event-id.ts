import { parseWhole, validationFailed } from '#platform';

/** The revision in the Last-Event-ID header; undefined: there is none. @throws ProblemError `validation_failed` */
export function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const revision = parseWhole(header);
  if (revision !== undefined && revision >= 0) return revision;
  throw validationFailed([{ field: 'last-event-id', message: 'must be a revision' }]);
}
