import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { EventRecord } from '../store/records.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import { compileFilter } from '../subscriptions/filter.ts';
import type { Feed } from '../subscriptions/feed.ts';
import { AllSource, isLink, StreamSource, type Source } from '../subscriptions/sources.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import type { ReadRequest } from '../wire/read-request.ts';
import { encodeConfirmation, encodeReadEvent } from '../wire/read-response.ts';
import type { UuidFormat } from '../wire/shared.ts';
import { requireValidStream } from './append-events.ts';
import type { ServiceContext } from './context.ts';
import { afterPosition, afterRevision } from './positions.ts';
import { readAll, readStream } from './read-pages.ts';
import { invalidArgument } from '../rpc/errors.ts';
import { Sender } from '../rpc/sender.ts';

type ReadCall = ServerWritableStream<ReadRequest, Buffer>;

/** Streams.Read: reads and subscriptions of a stream or $all. */
export const readService =
  (context: ServiceContext, feed: Feed) =>
  (call: ReadCall): void => {
    const sender = new Sender(call as ServerWritableStream<never, Buffer>, context.openCalls);
    try {
      const { request } = call;
      const user = context.access.authenticate(call.metadata);
      if (!request.uuid) throw invalidArgument('uuid_option is required');
      if (request.stream) requireValidStream(request.stream.name);
      else if (!request.all) throw invalidArgument('A stream or $all is required');
      context.access.require(user, request.stream?.name ?? ALL_STREAM, 'read');
      if (request.stream && request.filter) throw invalidArgument('Filters apply to $all only');
      if (request.subscription) subscribe({ context, feed, sender, request });
      else if (request.count === undefined) throw invalidArgument('A count or a subscription is required');
      else void read(context, sender, request);
    } catch (error) {
      sender.fail(error);
    }
  };

const read = async (context: ServiceContext, sender: Sender, request: ReadRequest): Promise<void> => {
  try {
    await (request.stream ? readStream(context, sender, request) : readAll(context, sender, request));
    sender.end();
  } catch (error) {
    sender.fail(error);
  }
};

interface Subscribe {
  readonly context: ServiceContext;
  readonly feed: Feed;
  readonly sender: Sender;
  readonly request: ReadRequest;
}

const subscribe = ({ context, feed, sender, request }: Subscribe): void => {
  if (request.backwards) throw invalidArgument('A subscription cannot go backwards');
  if (request.filter?.multiplier === 0)
    throw invalidArgument('The checkpoint interval must be greater than 0');
  const subscription = new Subscription(sender, {
    source: sourceOf(context, request),
    encode: encoder(context, request),
  });
  sender.send(encodeConfirmation(randomUUID()));
  feed.add(subscription);
  sender.onClose(() => feed.remove(subscription));
  void subscription.catchUp();
};

const sourceOf = ({ store, likeAServer }: ServiceContext, { stream, all, filter }: ReadRequest): Source => {
  if (stream) return new StreamSource(store, stream.name, afterRevision(store, stream));
  return new AllSource(store, afterPosition(store, all?.from), filter && compileFilter(filter), {
    checkpointsLikeAServer: likeAServer !== undefined,
  });
};

/** Encoded events, shared by all subscribers with the same UUID format. */
const encoded = {
  string: new WeakMap<EventRecord, Buffer>(),
  structured: new WeakMap<EventRecord, Buffer>(),
};

const encoder = ({ store }: ServiceContext, request: ReadRequest): ((event: EventRecord) => Buffer) => {
  const format: UuidFormat = request.uuid ?? 'structured';
  const cache = encoded[format];
  return (event) => {
    if (request.resolveLinks && isLink(event)) return encodeReadEvent(store.reads.resolve(event), format);
    const known = cache.get(event);
    if (known) return known;
    const bytes = encodeReadEvent({ event }, format);
    cache.set(event, bytes);
    return bytes;
  };
};
