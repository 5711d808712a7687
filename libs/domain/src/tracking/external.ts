import type { RecordedEvent } from '../kernel/event.ts';
import type { ExternalUpdateRecorded } from './events.ts';
import { nameOf } from './reports.ts';
import type { SourceTime } from './source-time.ts';
import { compareTimes, replaces, sourceTime } from './source-time.ts';
import type { ExternalUpdate } from './state.ts';
import { externalDataLimit, externalKept, publicTextLimit } from './state.ts';

/** The updates with one more, latest last. It replaces an older one of the same system, kind and reference. */
export function keepUpdate(
  external: readonly ExternalUpdate[],
  event: RecordedEvent<ExternalUpdateRecorded>,
): readonly ExternalUpdate[] {
  const update = shown(event);
  const known = external.find(
    ({ system, kind, reference }) =>
      system === update.system && kind === update.kind && reference === update.reference,
  );
  if (known !== undefined && !replaces(timeOf(update), timeOf(known))) return external;
  const others = external.filter((item) => item !== known);
  const place = others.findLastIndex((item) => compareTimes(timeOf(item), timeOf(update)) <= 0) + 1;
  const isTooOld = place === 0 && others.length >= externalKept;
  return isTooOld ? external : others.toSpliced(place, 0, update).slice(-externalKept);
}

function shown({ data: update, revision, metadata }: RecordedEvent<ExternalUpdateRecorded>): ExternalUpdate {
  const { system, kind, reference, data, public_text = null, before_session = false } = update;
  const { source_event_id } = update;
  const timestamp = metadata.occurred_at;
  const time = sourceTime(update.occurred_at_source, timestamp, source_event_id);
  return {
    system,
    kind,
    reference,
    data: JSON.stringify(data).length <= externalDataLimit ? data : null,
    status: nameOf(update.status),
    public_text: (public_text?.length ?? 0) <= publicTextLimit ? public_text : null,
    before_session,
    occurred_at_source: time.event_id === null ? null : time.at,
    source_event_id,
    revision,
    timestamp,
  };
}

function timeOf({ occurred_at_source, timestamp, source_event_id }: ExternalUpdate): SourceTime {
  return occurred_at_source === null
    ? { at: timestamp, event_id: null }
    : { at: occurred_at_source, event_id: source_event_id };
}
