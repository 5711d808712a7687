import { validationFailed } from '#platform';
import type { HistoryRange } from '#sessions';
import { lastEventId } from '../common/last-event-id.ts';
import type { EventFormat } from '../replay/format.ts';
import type { EventsQuery } from './events.dto.ts';

/** The events that a request asks for. @throws ProblemError `validation_failed` for incompatible parameters */
export function rangeOf(asked: EventsQuery, format: EventFormat, lastId: string | undefined): HistoryRange {
  const { direction, from_revision: from, to_revision: to, type } = asked;
  const isBackwards = direction === 'backwards';
  for (const name of ['speed', 'follow'] as const)
    if (asked[name] !== undefined && format !== 'sse') throw refused(name, 'is for text/event-stream only');
  if (asked.follow !== undefined && (isBackwards || (asked.to_revision ?? asked.limit) !== undefined))
    throw refused('follow', 'goes forwards only, and has no end: leave out direction, to_revision and limit');
  if (from !== undefined && to !== undefined && (isBackwards ? from < to : from > to))
    throw refused('to_revision', 'must not come before from_revision in the direction of reading');
  const types = type === undefined ? undefined : new Set(type.split(','));
  const last = format === 'sse' ? lastEventId(lastId) : undefined;
  return { direction, from: last === undefined ? from : last + (isBackwards ? -1 : 1), to, types };
}

function refused(field: string, message: string): Error {
  return validationFailed([{ field, message }]);
}
