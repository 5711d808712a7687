import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { writeUuid } from '../wire/shared.ts';
import { encode } from '../wire/writer.ts';
import type { ServiceContext } from './context.ts';
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

const SUPPORTED_METHODS = encode((writer) => {
  for (const [service, method, features] of METHODS) {
    writer.message(1, (entry) => {
      entry.string(1, method).string(2, service);
      for (const feature of features) entry.string(3, feature);
    });
  }
  writer.string(2, SERVER_VERSION);
});

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => void;

/** ServerFeatures.GetSupportedMethods. */
export const supportedMethodsService: Unary = (_call, callback) => callback(null, SUPPORTED_METHODS);

const LEADER = 8;

/** Gossip.Read: one member, which is alive and the leader. */
export const gossipService = (context: ServiceContext): Unary => {
  const instance = newId();
  return (_call, callback) =>
    callback(
      null,
      encode((writer) =>
        writer.message(1, (member) => {
          writeUuid(member, 1, instance, 'structured');
          member
            .int64(2, BigInt(Date.now()) * 10_000n)
            .uint32(3, LEADER)
            .bool(4, true);
          const { host, port } = context.advertise;
          member.message(5, (endpoint) => endpoint.string(1, host).uint32(2, port));
        }),
      ),
    );
};
