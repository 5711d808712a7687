import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { decodeAppendRequest, decodeDeleteRequest } from '../wire/append-messages.ts';
import { decodeBatchAppendRequest } from '../wire/batch-append.ts';
import {
  decodeConsumerRequest,
  decodeDeleteGroup,
  decodeGetInfo,
  decodeGroupRequest,
  decodeList,
  decodeReplayParked,
} from '../wire/persistent-requests.ts';
import { decodeReadRequest } from '../wire/read-request.ts';
import {
  decodeAccountRequest,
  decodeChangePassword,
  decodeLoginRequest,
  decodeResetPassword,
} from '../wire/users.ts';

const raw = (bytes: Buffer): Buffer => bytes;

/** One method: requests are decoded by {@link Reader}, responses are already encoded. */
const method = <Request>(
  service: string,
  name: string,
  decode: (bytes: Buffer) => Request,
  streams: { request?: boolean; response?: boolean } = {},
): MethodDefinition<Request, Buffer> => ({
  path: `/event_store.client.${service}/${name}`,
  requestStream: streams.request ?? false,
  responseStream: streams.response ?? false,
  requestSerialize: () => {
    throw new TypeError('Only the server side is defined');
  },
  requestDeserialize: decode,
  responseSerialize: raw,
  responseDeserialize: raw,
});

const STREAMS = 'streams.Streams';

export const streamsDefinition = {
  read: method(STREAMS, 'Read', decodeReadRequest, { response: true }),
  append: method(STREAMS, 'Append', decodeAppendRequest, { request: true }),
  batchAppend: method(STREAMS, 'BatchAppend', decodeBatchAppendRequest, { request: true, response: true }),
  delete: method(STREAMS, 'Delete', decodeDeleteRequest),
  tombstone: method(STREAMS, 'Tombstone', decodeDeleteRequest),
} satisfies ServiceDefinition;

const PERSISTENT = 'persistent_subscriptions.PersistentSubscriptions';

export const persistentDefinition = {
  create: method(PERSISTENT, 'Create', decodeGroupRequest),
  update: method(PERSISTENT, 'Update', decodeGroupRequest),
  delete: method(PERSISTENT, 'Delete', decodeDeleteGroup),
  read: method(PERSISTENT, 'Read', decodeConsumerRequest, { request: true, response: true }),
  getInfo: method(PERSISTENT, 'GetInfo', decodeGetInfo),
  replayParked: method(PERSISTENT, 'ReplayParked', decodeReplayParked),
  list: method(PERSISTENT, 'List', decodeList),
  restartSubsystem: method(PERSISTENT, 'RestartSubsystem', raw),
} satisfies ServiceDefinition;

const USERS = 'users.Users';

export const usersDefinition = {
  create: method(USERS, 'Create', decodeAccountRequest),
  update: method(USERS, 'Update', decodeAccountRequest),
  delete: method(USERS, 'Delete', decodeLoginRequest),
  disable: method(USERS, 'Disable', decodeLoginRequest),
  enable: method(USERS, 'Enable', decodeLoginRequest),
  details: method(USERS, 'Details', decodeLoginRequest, { response: true }),
  changePassword: method(USERS, 'ChangePassword', decodeChangePassword),
  resetPassword: method(USERS, 'ResetPassword', decodeResetPassword),
} satisfies ServiceDefinition;

export const serverFeaturesDefinition = {
  getSupportedMethods: method('server_features.ServerFeatures', 'GetSupportedMethods', raw),
} satisfies ServiceDefinition;

export const gossipDefinition = { read: method('gossip.Gossip', 'Read', raw) } satisfies ServiceDefinition;
