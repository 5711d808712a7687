import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import type { Group } from '../persistent/group.ts';
import type { Groups } from '../persistent/groups.ts';
import { formatKnown, formatStart } from '../persistent/settings.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import type { GroupKeyRequest, GroupRequest, ListRequest } from '../wire/persistent-requests.ts';
import { encodeInfo, encodeList, type SubscriptionInfo } from '../wire/persistent-responses.ts';
import type { User } from '../rpc/access.ts';
import { requireValidStream } from './append-events.ts';
import type { ServiceContext } from './context.ts';
import { streamOf, toConfig } from './group-config.ts';
import { groupError } from './group-errors.ts';
import { toRpcError } from '../rpc/errors.ts';

type Handler<Request> = (request: Request, user: User) => Promise<Buffer> | Buffer;
type UnaryService<Request> = (
  call: ServerUnaryCall<Request, Buffer>,
  callback: sendUnaryData<Buffer>,
) => void;

const NOTHING = Buffer.alloc(0);

/** Runs `handler` for an authenticated caller, who must be an operator unless `anyone`. */
const unary =
  <Request>(context: ServiceContext, handler: Handler<Request>, anyone = false): UnaryService<Request> =>
  (call, callback) => {
    const answer = async (): Promise<void> => {
      try {
        const user = context.access.authenticate(call.metadata);
        if (anyone) context.access.requireAuthenticated(user);
        else context.access.requireOperator(user);
        callback(null, await handler(call.request, user));
      } catch (error) {
        callback(toRpcError(error));
      }
    };
    void answer();
  };

/** The unary methods of PersistentSubscriptions. */
export const persistentGroupServices = (context: ServiceContext, groups: Groups) => ({
  create: unary(context, async (request: GroupRequest, user) => {
    const config = toConfig(context, request, undefined);
    if (groups.find(config.stream, config.group)) throw groupError('exists', config.stream, config.group);
    await groups.put(config, user.name);
    return NOTHING;
  }),
  update: unary(context, async (request: GroupRequest, user) => {
    const group = requireGroup(groups, streamOf(request), request.group);
    await groups.put(toConfig(context, request, group.config), user.name);
    return NOTHING;
  }),
  delete: unary(context, async (request: GroupKeyRequest, user) => {
    await groups.delete(requireGroup(groups, keyStream(request), request.group), user.name);
    return NOTHING;
  }),
  getInfo: unary(
    context,
    (request: GroupKeyRequest) => encodeInfo(infoOf(requireGroup(groups, keyStream(request), request.group))),
    true,
  ),
  replayParked: unary(context, (request: GroupKeyRequest) => {
    const group = requireGroup(groups, keyStream(request), request.group);
    group.replayParked(request.stopAt ?? Number.POSITIVE_INFINITY);
    return NOTHING;
  }),
  list: unary(context, (request: ListRequest) => encodeList(listed(groups, request).map(infoOf)), true),
  restartSubsystem: unary(context, () => {
    groups.restart();
    return NOTHING;
  }),
});

const requireGroup = (groups: Groups, stream: string, name: string): Group => {
  const group = groups.find(stream, name);
  if (!group) throw groupError('does-not-exist', stream, name);
  return group;
};

const keyStream = ({ stream, all }: { stream: string | undefined; all: boolean }): string =>
  all ? ALL_STREAM : requireValidStream(stream);

const listed = (groups: Groups, request: ListRequest): Group[] => {
  if (request.everything) return groups.list();
  const stream = keyStream(request);
  const found = groups.list(stream);
  if (found.length === 0) throw groupError('does-not-exist', stream, '');
  return found;
};

const infoOf = (group: Group): SubscriptionInfo => {
  const { config } = group;
  const isAll = config.stream === ALL_STREAM;
  const statistics = group.statistics();
  const { live, buffered } = statistics;
  return {
    ...config,
    eventSource: config.stream,
    groupName: config.group,
    status: live ? 'Live' : 'Behind',
    connections: statistics.connections,
    averagePerSecond: statistics.averagePerSecond,
    totalItems: statistics.totalItems,
    countSinceLastMeasurement: statistics.countSinceLastMeasurement,
    lastCheckpointed: formatKnown(statistics.lastCheckpoint, isAll),
    lastKnown: formatKnown(statistics.lastKnown ?? -1, isAll),
    startFrom: formatStart(config.startFrom, isAll),
    readBufferCount: live ? 0 : buffered,
    liveBufferCount: live ? buffered : 0,
    retryBufferCount: statistics.retries,
    totalInFlight: statistics.outstanding,
    outstanding: statistics.outstanding,
    parked: statistics.parked,
  };
};
