import type { InquiryEvent, RecordedEvent } from '#domain';

type Unchecked = { readonly [field: string]: unknown } | null | undefined;

/**
 * Whether an event has the fields that the bridge reads. Any writer to the event store can append one without them.
 */
export function isReadable({ type, data, metadata }: RecordedEvent<InquiryEvent>): boolean {
  const fields = data as unknown as Unchecked;
  if (typeof fields?.['inquiry_id'] !== 'string' || !isTime(metadata.occurred_at)) return false;
  switch (type) {
    case 'InquiryOpened':
      return (
        typeof fields['kind'] === 'string' &&
        isTime(fields['deadline']) &&
        isObject(fields['subject']) &&
        areRequests(fields['requests'])
      );
    case 'InquiryAnswered':
      return typeof fields['source'] === 'string' && areRequests(fields['requests']);
    case 'InquiryFailed':
      return typeof fields['source'] === 'string' && isRetry(fields['retry']);
    case 'InquiryClosed':
      return (
        fields['silent'] === undefined || isList(fields['silent'], (source) => typeof source === 'string')
      );
    case 'InquiryCorrected':
    default:
      return true;
  }
}

function isRetry(value: unknown): boolean {
  return value === null || (isObject(value) && isTime(value['at']) && areRequests([value['request']]));
}

function areRequests(value: unknown): boolean {
  return isList(
    value,
    (item) =>
      isObject(item) &&
      typeof item['source'] === 'string' &&
      typeof item['attempt'] === 'number' &&
      isObject(item['request']),
  );
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && Number.isFinite(Date.parse(value));
}
