import { configFault, STRATEGIES, type GroupConfig, type Strategy } from '../persistent/settings.ts';
import { ALL_STREAM } from '../store/stream-names.ts';
import { compileFilter } from '../subscriptions/filter.ts';
import type { GroupRequest, GroupSettingsMessage } from '../wire/persistent-requests.ts';
import type { StartPosition, StartRevision } from '../wire/read-request.ts';
import { requireValidStream } from './append-events.ts';
import type { ServiceContext } from './context.ts';
import { groupError } from './group-errors.ts';
import { readPosition } from './positions.ts';
import { invalidArgument } from '../rpc/errors.ts';

/** The stream of a Create or Update request. */
export const streamOf = ({ stream, all, legacyStream }: GroupRequest): string =>
  all ? ALL_STREAM : requireValidStream(stream?.name ?? legacyStream);

/** Validates a Create or Update request. The filter of a group never changes. */
export const toConfig = (
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
  if (typeof from === 'object') return Math.max(0, readPosition(store, from) - 1);
  if (from === 'start') return isAll ? 0 : -1;
  if (from === 'end') return isAll ? store.log.last : store.reads.lastRevision(stream);
  return from - 1;
};

const toStrategy = (stream: string, group: string, name: string): Strategy => {
  const known = STRATEGIES.find((strategy) => strategy === name);
  if (known) return known;
  throw groupError('failed', stream, group, `Consumer strategy ${name} does not exist.`);
};
