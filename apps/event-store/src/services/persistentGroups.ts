import { status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { Group } from '../persistent/group.ts';
import type { Groups } from '../persistent/groups.ts';
import {
  configFault,
  formatKnown,
  formatStart,
  STRATEGIES,
  type GroupConfig,
  type Strategy,
} from '../persistent/settings.ts';
import { ALL_STREAM } from '../store/streamNames.ts';
import { compileFilter } from '../subscriptions/filter.ts';
import type {
  GroupKeyRequest,
  GroupRequest,
  GroupSettingsMessage,
  ListRequest,
} from '../wire/persistentRequests.ts';
import { encodeInfo, encodeList, type SubscriptionInfo } from '../wire/persistentResponses.ts';
import type { StartPosition, StartRevision } from '../wire/readRequest.ts';
import type { User } from './access.ts';
import { requireValidStream } from './appendEvents.ts';
import type { ServiceContext } from './context.ts';
import { readPosition } from './positions.ts';
import { invalidArgument, RpcError, toRpcError } from './rpcErrors.ts';

type Handler<Request> = (request: Request, user: User) => Promise<Buffer> | Buffer;
type UnaryService<Request> = (
  call: ServerUnaryCall<Request, Buffer>,
  callback: sendUnaryData<Buffer>,
) => void;

const NOTHING = Buffer.alloc(0);

/** Runs `handler` for an authenticated caller; operators only, unless `anyone`. */
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

type Fault = 'does-not-exist' | 'exists' | 'failed' | 'maximum-subscribers-reached' | 'dropped';

const FAULTS: Readonly<Record<Fault, readonly [code: status, exception: string, text: string]>> = {
  'does-not-exist': [status.NOT_FOUND, 'persistent-subscription-does-not-exist', 'does not exist.'],
  exists: [status.ALREADY_EXISTS, 'persistent-subscription-exists', 'exists.'],
  failed: [status.INTERNAL, 'persistent-subscription-failed', 'failed'],
  'maximum-subscribers-reached': [
    status.FAILED_PRECONDITION,
    'maximum-subscribers-reached',
    'has the maximum number of subscribers.',
  ],
  dropped: [status.CANCELLED, 'persistent-subscription-dropped', 'was dropped.'],
};

/** The error of a persistent subscription. */
export const groupError = (fault: Fault, stream: string, group: string, reason?: string): RpcError => {
  const [code, exception, text] = FAULTS[fault];
  const ending = reason === undefined ? text : `${text}: '${reason}'`;
  return new RpcError(code, `Subscription group ${group} on stream ${stream} ${ending}`, {
    exception,
    'stream-name': stream,
    'group-name': group,
    ...(reason !== undefined && { reason }),
  });
};

const requireGroup = (groups: Groups, stream: string, name: string): Group => {
  const group = groups.find(stream, name);
  if (!group) throw groupError('does-not-exist', stream, name);
  return group;
};

const keyStream = ({ stream, all }: { stream: string | undefined; all: boolean }): string =>
  all ? ALL_STREAM : requireValidStream(stream);

const streamOf = ({ stream, all, legacyStream }: GroupRequest): string =>
  all ? ALL_STREAM : requireValidStream(stream?.name ?? legacyStream);

const listed = (groups: Groups, request: ListRequest): Group[] => {
  if (request.everything) return groups.list();
  const stream = keyStream(request);
  const found = groups.list(stream);
  if (found.length === 0) throw groupError('does-not-exist', stream, '');
  return found;
};

/** Checks a Create or an Update; the filter of a group never changes. */
const toConfig = (
  { store }: ServiceContext,
  request: GroupRequest,
  old: GroupConfig | undefined,
): GroupConfig => {
  const { settings, group } = request;
  const stream = streamOf(request);
  if (!settings) throw invalidArgument('Settings are required');
  const filter = old ? old.filter : request.all?.filter;
  if (filter) compileFilter(filter);
  const startFrom = request.all
    ? (request.all.from ?? 'start')
    : (request.stream?.from ?? legacyStart(settings.revision));
  const { namedStrategy, strategy, revision: _revision, ...rest } = settings;
  const config: GroupConfig = {
    ...rest,
    stream,
    group,
    filter,
    startFrom,
    startAfter: startAfter(store, stream, startFrom),
    strategy: toStrategy(stream, group, strategy || (STRATEGIES[namedStrategy] ?? String(namedStrategy))),
  };
  const fault = configFault(config);
  if (fault !== undefined) throw groupError('failed', stream, group, fault);
  return config;
};

const legacyStart = (revision: GroupSettingsMessage['revision']): StartRevision =>
  revision >= 2 ** 63 ? 'end' : revision;

const startAfter = (
  store: ServiceContext['store'],
  stream: string,
  from: StartRevision | StartPosition,
): number => {
  const isAll = stream === ALL_STREAM;
  if (typeof from === 'object') return Math.max(0, readPosition(store, from, undefined) - 1);
  if (from === 'start') return isAll ? 0 : -1;
  if (from === 'end') return isAll ? store.log.last : store.reads.lastRevision(stream);
  return from - 1;
};

const toStrategy = (stream: string, group: string, name: string): Strategy => {
  const known = STRATEGIES.find((strategy) => strategy === name);
  if (known) return known;
  throw groupError('failed', stream, group, `Consumer strategy ${name} does not exist.`);
};

const infoOf = (group: Group): SubscriptionInfo => {
  const { config } = group;
  const isAll = config.stream === ALL_STREAM;
  return {
    ...config,
    eventSource: config.stream,
    groupName: config.group,
    status: group.live ? 'Live' : 'Behind',
    connections: group.consumers.map((consumer) => consumer.info(config.extraStatistics)),
    averagePerSecond: group.rate.perSecond,
    totalItems: group.rate.total,
    countSinceLastMeasurement: group.rate.sinceLast(),
    lastCheckpointed: formatKnown(group.lastCheckpoint, isAll),
    lastKnown: formatKnown(group.lastKnown, isAll),
    startFrom: formatStart(config.startFrom, isAll),
    readBufferCount: group.live ? 0 : group.buffer.length,
    liveBufferCount: group.live ? group.buffer.length : 0,
    retryBufferCount: group.retries.length,
    totalInFlight: group.outstanding,
    outstanding: group.outstanding,
    parked: group.parking.count,
  };
};
