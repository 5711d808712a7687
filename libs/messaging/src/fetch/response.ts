import type { Budget, FetchedRecord } from './record-batch.ts';
import { readRecordBatches } from './record-batch.ts';
import { Reader } from './reader.ts';

/** The memory for the records of one answer, besides the last batch (bytes). */
const responseBytes = 32 * 1_048_576;

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly messages: readonly FetchedRecord[];
}

/** The answer to a fetch, in the form of kafkajs. */
interface FetchResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** Parses a fetch response of version 11. */
export async function readFetchResponse(bytes: Buffer): Promise<FetchResponse> {
  const reader = new Reader(bytes);
  const budget: Budget = { left: responseBytes };
  // The broker has not waited, so the client must.
  const head = { throttleTime: 0, clientSideThrottleTime: reader.int32() };
  const [errorCode, sessionId] = [reader.int16(), reader.int32()];
  const responses: FetchResponse['responses'][number][] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topicName = reader.string();
    const partitions: FetchedPartition[] = [];
    for (let left = reader.int32(); left > 0; left -= 1) partitions.push(await readPartition(reader, budget));
    responses.push({ topicName, partitions });
  }
  return { ...head, errorCode, sessionId, responses };
}

async function readPartition(reader: Reader, budget: Budget): Promise<FetchedPartition> {
  const facts = {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: String(reader.int64()),
    lastStableOffset: String(reader.int64()),
    lastStartOffset: String(reader.int64()),
    abortedTransactions: reader.array(() => ({
      producerId: String(reader.int64()),
      firstOffset: String(reader.int64()),
    })),
    preferredReadReplica: reader.int32(),
  };
  const records = reader.bytes(Math.max(0, reader.int32()));
  return { ...facts, messages: await readRecordBatches(records, budget) };
}
