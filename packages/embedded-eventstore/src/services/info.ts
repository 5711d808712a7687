import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { writeUuid } from '../wire/shared.ts';
import { encode } from '../wire/writer.ts';
import type { ServiceContext } from './context.ts';
import { usersDefinition } from './definitions.ts';
import { newId } from '../store/event-id.ts';

/** The version that the server reports. */
const SERVER_VERSION = '24.10.4';

const STREAMS = 'event_store.client.streams.streams';
const PERSISTENT = 'event_store.client.persistent_subscriptions.persistentsubscriptions';

const METHODS: readonly (readonly [service: string, method: string, features: readonly string[]])[] = [
  [STREAMS, 'read', ['position', 'events']],
  [STREAMS, 'append', []],
  [STREAMS, 'delete', []],
  [STREAMS, 'tombstone', []],
  [STREAMS, 'batchappend', ['deadline_duration']],
  ...['create', 'update', 'delete', 'read', 'getinfo', 'replayparked', 'list'].map(
    (method) => [PERSISTENT, method, ['stream', 'all']] as const,
  ),
  [PERSISTENT, 'restartsubsystem', []],
  ['event_store.client.gossip.gossip', 'read', []],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods', []],
];

const USER_METHODS = Object.keys(usersDefinition).map(
  (method) => ['event_store.client.users.users', method.toLowerCase(), []] as const,
);

const encodeMethods = (methods: typeof METHODS): Buffer =>
  encode((writer) => {
    for (const [service, method, features] of methods) {
      writer.message(1, (entry) => {
        entry.string(1, method).string(2, service);
        for (const feature of features) entry.string(3, feature);
      });
    }
    writer.string(2, SERVER_VERSION);
  });

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void;

/** ServerFeatures.GetSupportedMethods. */
export const supportedMethodsService = ({ access }: ServiceContext): Unary => {
  const methods = encodeMethods(access.secure ? [...METHODS, ...USER_METHODS] : METHODS);
  return (_call, callback) => callback(null, methods);
};

const [UNKNOWN, FOLLOWER, LEADER] = [2, 6, 8];

/** Gossip.Read: the members, all alive. There is one, the leader, unless the store pretends to be a cluster. */
export const gossipService = (context: ServiceContext): Unary => {
  const instances = new Map<string, Buffer>();
  const instanceOf = (address: string): Buffer => {
    const instance = instances.get(address) ?? newId();
    instances.set(address, instance);
    return instance;
  };
  const own = `${context.advertise.host}:${context.advertise.port}`;
  return (_call, callback) => {
    const { members, leader } = context.likeAServer?.cluster.view ?? { members: [own], leader: own };
    callback(
      null,
      encode((writer) => {
        for (const address of members) {
          writer.message(1, (member) => {
            writeUuid(member, 1, instanceOf(address), 'structured');
            member.int64(2, BigInt(Date.now()) * 10_000n);
            member
              .uint32(3, leader === null ? UNKNOWN : address === leader ? LEADER : FOLLOWER)
              .bool(4, true);
            const colon = address.lastIndexOf(':');
            const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
            member.message(5, (endpoint) => endpoint.string(1, host).uint32(2, port));
          });
        }
      }),
    );
  };
};
