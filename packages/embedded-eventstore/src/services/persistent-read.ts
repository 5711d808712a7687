import type { Metadata, ServerDuplexStream } from '@grpc/grpc-js';
import { Consumer } from '../persistent/consumer.ts';
import type { Group } from '../persistent/group.ts';
import type { Groups } from '../persistent/groups.ts';
import { groupKey } from '../persistent/settings.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { ConsumerRequest } from '../wire/persistent-requests.ts';
import { encodeConsumerConfirmation, encodeConsumerEvent } from '../wire/persistent-responses.ts';
import type { User } from '../rpc/access.ts';
import type { ServiceContext } from './context.ts';
import { groupError } from './group-errors.ts';
import { invalidArgument } from '../rpc/errors.ts';
import { oneByOne, Sender } from '../rpc/sender.ts';

const DEFAULT_BUFFER_SIZE = 10;

type Call = ServerDuplexStream<ConsumerRequest, Buffer>;

/** PersistentSubscriptions.Read: the options first, then acknowledgements, while events are sent. */
export const persistentReadService =
  (context: ServiceContext, groups: Groups) =>
  (call: Call): void => {
    const stream = call as ServerDuplexStream<never, Buffer>;
    // A message that has not left may go to another consumer.
    const sender = new Sender(stream, context.openCalls, oneByOne(stream));
    const session = new ConsumerSession(context, groups, sender);
    sender.onClose(() => session.leave());
    call.on('data', (request: ConsumerRequest) => {
      try {
        session.receive(request, call.metadata, call.getPeer());
      } catch (error) {
        sender.fail(error);
      }
    });
    call.on('error', () => session.leave());
    call.on('end', () => sender.end());
  };

class ConsumerSession {
  private isWaiting = false;
  private joined: { group: Group; consumer: Consumer } | undefined;

  constructor(
    private readonly context: ServiceContext,
    private readonly groups: Groups,
    private readonly sender: Sender,
  ) {}

  receive(request: ConsumerRequest, metadata: Metadata, peer: string): void {
    if (!this.joined) {
      if (!request.options) throw invalidArgument('The options must come first');
      this.join(request.options, metadata, peer);
      return;
    }
    const { group, consumer } = this.joined;
    if (request.ack) group.ack(consumer, request.ack.map(toHex));
    if (request.nack) {
      const { ids, action, reason } = request.nack;
      group.nack(consumer, ids.map(toHex), action, reason);
    }
  }

  leave(): void {
    this.joined?.group.remove(this.joined.consumer);
  }

  /** Continues when a client that is behind has read. */
  private async resumeLater(group: Group): Promise<void> {
    if (this.isWaiting || !this.sender.isBehind) return;
    this.isWaiting = true;
    await this.sender.drained();
    this.isWaiting = false;
    group.resume();
  }

  private join(options: NonNullable<ConsumerRequest['options']>, metadata: Metadata, peer: string): void {
    const { access } = this.context;
    const user = access.authenticate(metadata);
    const stream = options.all ? ALL_STREAM : (options.stream ?? '');
    access.require(user, stream, 'read');
    const group = this.groups.find(stream, options.group);
    if (!group) throw groupError('does-not-exist', stream, options.group);
    if (group.isFull) throw groupError('maximum-subscribers-reached', stream, options.group);
    const { sender } = this;
    const consumer = new Consumer({
      bufferSize: options.bufferSize > 0 ? options.bufferSize : DEFAULT_BUFFER_SIZE,
      from: peer,
      username: usernameOf(user, metadata),
      connectionName: String(metadata.get('connection-name')[0] ?? '<unknown>'),
      isBehind: () => sender.isBehind,
      send: (event, retryCount, onSent) => {
        sender.send(encodeConsumerEvent(event, retryCount, options.uuid), onSent);
        void this.resumeLater(group);
      },
      drop: () => sender.fail(groupError('dropped', stream, options.group)),
    });
    sender.send(encodeConsumerConfirmation(groupKey(stream, options.group)));
    group.add(consumer);
    this.joined = { group, consumer };
  }
}

const toHex = (id: Buffer): string => id.toString('hex');

/** Insecure mode does not check credentials, but the statistics show their name. */
const usernameOf = (user: User, metadata: Metadata): string => {
  const header = String(metadata.get('authorization')[0] ?? '');
  const [, encoded] = /^Basic\s+(\S+)$/i.exec(header) ?? [];
  return encoded === undefined
    ? user.name
    : (Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? user.name);
};
