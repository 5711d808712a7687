import { decoder, type Reader } from './reader.ts';
import { readAllStart, readFilter, readStreamOptions, type FilterOptions } from './read-request.ts';
import type { StartPosition, StartRevision } from './read-request.ts';
import { readStreamName, readUuid, readUuidOption, type UuidFormat } from './shared.ts';

/** The settings of a Create or Update request; numbers are 0 when not given. */
export interface GroupSettingsMessage {
  resolveLinks: boolean;
  /** The start in requests of clients before 21.10; the largest uint64 is the end. */
  revision: number;
  extraStatistics: boolean;
  maxRetryCount: number;
  minCheckpointCount: number;
  maxCheckpointCount: number;
  maxSubscriberCount: number;
  liveBufferSize: number;
  readBatchSize: number;
  historyBufferSize: number;
  /** 0 DispatchToSingle, 1 RoundRobin, 2 Pinned; only used when `strategy` is empty. */
  namedStrategy: number;
  strategy: string;
  messageTimeoutMs: number;
  checkpointAfterMs: number;
}

const TICKS_PER_MS = 10_000n;

const SETTING_FIELDS: Readonly<Record<number, (settings: GroupSettingsMessage, reader: Reader) => void>> = {
  1: (settings, reader) => (settings.resolveLinks = reader.bool()),
  2: (settings, reader) => (settings.revision = reader.uint64()),
  3: (settings, reader) => (settings.extraStatistics = reader.bool()),
  4: (settings, reader) => (settings.messageTimeoutMs = Number(reader.int64() / TICKS_PER_MS)),
  5: (settings, reader) => (settings.maxRetryCount = reader.int32()),
  6: (settings, reader) => (settings.checkpointAfterMs = Number(reader.int64() / TICKS_PER_MS)),
  7: (settings, reader) => (settings.minCheckpointCount = reader.int32()),
  8: (settings, reader) => (settings.maxCheckpointCount = reader.int32()),
  9: (settings, reader) => (settings.maxSubscriberCount = reader.int32()),
  10: (settings, reader) => (settings.liveBufferSize = reader.int32()),
  11: (settings, reader) => (settings.readBatchSize = reader.int32()),
  12: (settings, reader) => (settings.historyBufferSize = reader.int32()),
  13: (settings, reader) => (settings.namedStrategy = reader.uint32()),
  14: (settings, reader) => (settings.messageTimeoutMs = reader.int32()),
  15: (settings, reader) => (settings.checkpointAfterMs = reader.int32()),
  16: (settings, reader) => (settings.strategy = reader.string()),
};

const noSettings = (): GroupSettingsMessage => ({
  resolveLinks: false,
  revision: 0,
  extraStatistics: false,
  maxRetryCount: 0,
  minCheckpointCount: 0,
  maxCheckpointCount: 0,
  maxSubscriberCount: 0,
  liveBufferSize: 0,
  readBatchSize: 0,
  historyBufferSize: 0,
  namedStrategy: 0,
  strategy: '',
  messageTimeoutMs: 0,
  checkpointAfterMs: 0,
});

/** Create and Update. */
export interface GroupRequest {
  /** The stream in requests of clients before 21.10. */
  legacyStream: string | undefined;
  stream: { name: string; from: StartRevision | undefined } | undefined;
  all: { from: StartPosition | undefined; filter: FilterOptions | undefined } | undefined;
  group: string;
  settings: GroupSettingsMessage | undefined;
}

const readAllOptions = (reader: Reader): NonNullable<GroupRequest['all']> => {
  const none: NonNullable<GroupRequest['all']> = { from: undefined, filter: undefined };
  return reader.message(none, (all, field) => {
    if (!readAllStart(all, field, reader) && field === 4) all.filter = readFilter(reader);
  });
};

const readGroupOption = (request: GroupRequest, field: number, reader: Reader): void => {
  if (field === 1) request.legacyStream = readStreamName(reader);
  else if (field === 2) request.group = reader.string();
  else if (field === 3) {
    request.settings = reader.message(noSettings(), (settings, part) =>
      SETTING_FIELDS[part]?.(settings, reader),
    );
  } else if (field === 4) request.stream = readStreamOptions(reader);
  else if (field === 5) request.all = readAllOptions(reader);
};

export const decodeGroupRequest = decoder<GroupRequest>(
  () => ({ legacyStream: undefined, stream: undefined, all: undefined, group: '', settings: undefined }),
  (request, field, reader) => {
    if (field === 1) reader.message(request, readGroupOption);
  },
);

/** A group that a request names; `all` stands for $all. */
export interface GroupKeyRequest {
  stream: string | undefined;
  all: boolean;
  group: string;
  /** ReplayParked only: the first revision of the parked stream that is not replayed. */
  stopAt: number | undefined;
}

const keyDecoder = (fields: { stream: number; all: number; group: number; stopAt?: number }) =>
  decoder<GroupKeyRequest>(
    () => ({ stream: undefined, all: false, group: '', stopAt: undefined }),
    (request, field, reader) => {
      if (field !== 1) return;
      reader.message(request, (target, part) => {
        if (part === fields.stream) target.stream = readStreamName(reader);
        else if (part === fields.all) target.all = reader.present();
        else if (part === fields.group) target.group = reader.string();
        else if (part === fields.stopAt) target.stopAt = Number(reader.int64());
      });
    },
  );

export const decodeDeleteGroup = keyDecoder({ stream: 1, all: 3, group: 2 });
export const decodeGetInfo = keyDecoder({ stream: 1, all: 2, group: 3 });
export const decodeReplayParked = keyDecoder({ stream: 2, all: 3, group: 1, stopAt: 4 });

/** List: everything, or the groups of one stream or of $all. */
export interface ListRequest {
  everything: boolean;
  stream: string | undefined;
  all: boolean;
}

export const decodeList = decoder<ListRequest>(
  () => ({ everything: false, stream: undefined, all: false }),
  (request, field, reader) => {
    if (field !== 1) return;
    reader.message(request, (options, part) => {
      if (part === 1) options.everything = reader.present();
      else if (part === 2) {
        reader.message(options, (target, inner) => {
          if (inner === 1) target.stream = readStreamName(reader);
          else if (inner === 2) target.all = reader.present();
        });
      }
    });
  },
);

export type NackAction = 'retry' | 'park' | 'skip' | 'stop';
const NACK_ACTIONS: readonly NackAction[] = ['retry', 'park', 'retry', 'skip', 'stop'];

/** One message of the Read call: first the options, then acknowledgements. */
export interface ConsumerRequest {
  options:
    | { stream: string | undefined; all: boolean; group: string; bufferSize: number; uuid: UuidFormat }
    | undefined;
  ack: Buffer[] | undefined;
  nack: { ids: Buffer[]; action: NackAction; reason: string } | undefined;
}

const readConsumerOptions = (reader: Reader): NonNullable<ConsumerRequest['options']> => {
  const none: NonNullable<ConsumerRequest['options']> = {
    stream: undefined,
    all: false,
    group: '',
    bufferSize: 0,
    uuid: 'structured',
  };
  return reader.message(none, (options, field) => {
    if (field === 1) options.stream = readStreamName(reader);
    else if (field === 2) options.group = reader.string();
    else if (field === 3) options.bufferSize = reader.int32();
    else if (field === 4) options.uuid = readUuidOption(reader);
    else if (field === 5) options.all = reader.present();
  });
};

/** Invalid ids match no message and are left out. */
const addId = (ids: Buffer[], reader: Reader): void => {
  const id = readUuid(reader);
  if (id) ids.push(id);
};

const readNack = (reader: Reader): NonNullable<ConsumerRequest['nack']> => {
  const none: NonNullable<ConsumerRequest['nack']> = { ids: [], action: 'retry', reason: '' };
  return reader.message(none, (nack, field) => {
    if (field === 2) addId(nack.ids, reader);
    else if (field === 3) nack.action = NACK_ACTIONS[reader.uint32()] ?? 'retry';
    else if (field === 4) nack.reason = reader.string();
  });
};

export const decodeConsumerRequest = decoder<ConsumerRequest>(
  () => ({ options: undefined, ack: undefined, nack: undefined }),
  (request, field, reader) => {
    if (field === 1) request.options = readConsumerOptions(reader);
    else if (field === 2) {
      request.ack = reader.message<Buffer[]>([], (ids, part) => {
        if (part === 2) addId(ids, reader);
      });
    } else if (field === 3) request.nack = readNack(reader);
  },
);
