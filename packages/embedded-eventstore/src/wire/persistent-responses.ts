import type { ResolvedEvent } from '../store/records.ts';
import { writeReadEvent } from './read-response.ts';
import type { UuidFormat } from './shared.ts';
import { encode, type Writer } from './writer.ts';

export const encodeConsumerConfirmation = (subscriptionId: string): Buffer =>
  encode((writer) => writer.message(2, (confirmation) => confirmation.string(1, subscriptionId)));

export const encodeConsumerEvent = (resolved: ResolvedEvent, retryCount: number, uuid: UuidFormat): Buffer =>
  encode((writer) =>
    writer.message(1, (read) => {
      writeReadEvent(read, resolved, uuid, 'link');
      read.uint64(5, retryCount);
    }),
  );

/** A connected consumer in GetInfo and List. */
export interface ConnectionInfo {
  readonly from: string;
  readonly username: string;
  readonly connectionName: string;
  readonly averageItemsPerSecond: number;
  readonly totalItems: number;
  readonly countSinceLastMeasurement: number;
  readonly availableSlots: number;
  readonly inFlightMessages: number;
  readonly measurements: readonly (readonly [key: string, milliseconds: number])[];
}

/** A group in GetInfo and List. */
export interface SubscriptionInfo {
  readonly eventSource: string;
  readonly groupName: string;
  readonly status: string;
  readonly connections: readonly ConnectionInfo[];
  readonly averagePerSecond: number;
  readonly totalItems: number;
  readonly countSinceLastMeasurement: number;
  readonly lastCheckpointed: string;
  readonly lastKnown: string;
  readonly startFrom: string;
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  readonly messageTimeoutMs: number;
  readonly maxRetryCount: number;
  readonly liveBufferSize: number;
  readonly historyBufferSize: number;
  readonly readBatchSize: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  readonly maxSubscriberCount: number;
  readonly strategy: string;
  readonly readBufferCount: number;
  readonly liveBufferCount: number;
  readonly retryBufferCount: number;
  readonly totalInFlight: number;
  readonly outstanding: number;
  readonly parked: number;
}

const writeConnection = (writer: Writer, connection: ConnectionInfo): void => {
  writer.string(1, connection.from).string(2, connection.username);
  writer.int32(3, connection.averageItemsPerSecond);
  writer.uint64(4, connection.totalItems).uint64(5, connection.countSinceLastMeasurement);
  for (const [key, value] of connection.measurements) {
    writer.message(6, (measurement) => measurement.string(1, key).uint64(2, value));
  }
  writer.int32(7, connection.availableSlots).int32(8, connection.inFlightMessages);
  writer.string(9, connection.connectionName);
};

const writeInfo = (writer: Writer, info: SubscriptionInfo): void => {
  writer.string(1, info.eventSource).string(2, info.groupName).string(3, info.status);
  for (const connection of info.connections) writer.message(4, (part) => writeConnection(part, connection));
  writer.int32(5, info.averagePerSecond).uint64(6, info.totalItems).uint64(7, info.countSinceLastMeasurement);
  writer.string(8, info.lastCheckpointed).string(9, info.lastKnown);
  writer.bool(10, info.resolveLinks).string(11, info.startFrom);
  writer.int32(12, info.messageTimeoutMs).bool(13, info.extraStatistics).int32(14, info.maxRetryCount);
  writer.int32(15, info.liveBufferSize).int32(16, info.historyBufferSize).int32(17, info.readBatchSize);
  writer.int32(18, info.checkpointAfterMs).int32(19, info.minCheckpointCount);
  writer.int32(20, info.maxCheckpointCount).int32(21, info.readBufferCount);
  writer.uint64(22, info.liveBufferCount).int32(23, info.retryBufferCount);
  writer.int32(24, info.totalInFlight).int32(25, info.outstanding).string(26, info.strategy);
  writer.int32(27, info.maxSubscriberCount).uint64(28, info.parked);
};

export const encodeInfo = (info: SubscriptionInfo): Buffer =>
  encode((writer) => writer.message(1, (part) => writeInfo(part, info)));

export const encodeList = (infos: readonly SubscriptionInfo[]): Buffer =>
  encode((writer) => {
    for (const info of infos) writer.message(1, (part) => writeInfo(part, info));
  });
