import type { EventRecord } from '../store/records.ts';
import { compileFilter, inSlice, type Filter } from '../subscriptions/filter.ts';
import type { ReadRequest } from '../wire/read-request.ts';
import {
  encodeFirstRevision,
  encodeLastRevision,
  encodeReadEvent,
  encodeStreamNotFound,
} from '../wire/read-response.ts';
import type { ServiceContext } from './context.ts';
import { isCut, nextLimit, PAGE_BYTES } from '../store/page-size.ts';
import { readPosition } from './positions.ts';
import { invalidArgument, streamDeleted, unknownError } from '../rpc/errors.ts';
import type { Sender } from '../rpc/sender.ts';

const PAGE_SIZE = 128;
/** The page size of EventStoreDB, which determines when the first revision is sent. */
const REAL_PAGE_SIZE = 32;

/** Sends a read of one stream. */
export const readStream = async (
  { store }: ServiceContext,
  sender: Sender,
  request: ReadRequest,
): Promise<void> => {
  const { stream, count = 0, backwards } = request;
  if (stream?.from === undefined) throw invalidArgument('A start position is required');
  if (stream.from === 'end' && !backwards) throw unknownError('Unexpected ReadStreamResult: Error');
  let from = stream.from === 'start' ? 0 : stream.from === 'end' ? Number.MAX_SAFE_INTEGER : stream.from;
  let left = count;
  let limit = 16;
  if (request.compatibility >= 1 && !backwards) sendFirst(store, sender, stream.name, from, count);
  while (!sender.closed) {
    const size = Math.min(left, limit);
    const page = store.reads.stream(stream.name, from, Math.max(1, size), backwards);
    if (page.kind === 'deleted') throw streamDeleted(stream.name);
    if (page.kind === 'not_found') return sender.send(encodeStreamNotFound(stream.name));
    const events = page.events.slice(0, size);
    sendEvents(store, sender, request, events);
    left -= events.length;
    const last = events.at(-1);
    if (!last || left === 0 || (events.length < size && !isCut(events))) break;
    from = backwards ? last.rev - 1 : last.rev + 1;
    if (from < 0) break;
    limit = nextLimit(limit, PAGE_SIZE, events);
    await sender.drained();
  }
  if (request.compatibility >= 1) sender.send(encodeLastRevision(store.reads.lastRevision(stream.name)));
};

/** Sends newer clients the first revision when the first page of EventStoreDB would be empty. */
const sendFirst = (
  { reads }: ServiceContext['store'],
  sender: Sender,
  name: string,
  from: number,
  count: number,
): void => {
  const first = reads.firstRevision(name);
  if (first === undefined || from + Math.min(count, REAL_PAGE_SIZE) > first) return;
  sender.send(encodeFirstRevision(first));
};

/** Sends a read of $all, filtered or not. */
export const readAll = async (
  { store }: ServiceContext,
  sender: Sender,
  request: ReadRequest,
): Promise<void> => {
  const { all, count = 0, backwards, filter: options } = request;
  const filter = options && compileFilter(options);
  let from = readPosition(store, all?.from);
  if (backwards && from === 0) return;
  let left = count;
  let limit = 16;
  while (!sender.closed && left > 0) {
    const page = filter
      ? filteredPage(store, filter, from, backwards)
      : plainPage(store, from, Math.min(left, limit), backwards);
    const events = page.events.slice(0, left);
    sendEvents(store, sender, request, events);
    left -= events.length;
    if (page.next === undefined) break;
    from = page.next;
    limit = nextLimit(limit, PAGE_SIZE, events);
    await sender.drained();
  }
};

interface AllPage {
  readonly events: readonly EventRecord[];
  /** Undefined at the end. */
  readonly next: number | undefined;
}

const plainPage = (
  { log }: ServiceContext['store'],
  from: number,
  limit: number,
  backwards: boolean,
): AllPage => {
  const events = backwards ? log.readAllBackwards(from, limit) : log.readAllForwards(from, limit);
  const last = events.at(-1)?.pos;
  return { events, next: last === undefined ? undefined : backwards ? last : last + 1 };
};

const filteredPage = (
  { log }: ServiceContext['store'],
  filter: Filter,
  from: number,
  backwards: boolean,
): AllPage => {
  const scanned = log.scan(from, PAGE_SIZE, backwards);
  const events: EventRecord[] = [];
  let last: number | undefined;
  let bytes = 0;
  for (const { pos, stream, type } of inSlice(scanned)) {
    const event = filter.matches(stream, type) ? log.byPosition(pos) : undefined;
    if (event) events.push(event);
    last = pos;
    bytes += event ? event.data.length + event.meta.length : 0;
    if (bytes > PAGE_BYTES) break;
  }
  return { events, next: last === undefined ? undefined : backwards ? last : last + 1 };
};

const sendEvents = (
  { reads }: ServiceContext['store'],
  sender: Sender,
  { resolveLinks, uuid = 'structured' }: ReadRequest,
  events: readonly EventRecord[],
): void => {
  sender.sendAll(
    events.map((event) => encodeReadEvent(resolveLinks ? reads.resolve(event) : { event }, uuid)),
  );
};
