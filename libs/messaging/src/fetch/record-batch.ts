import type { IHeaders } from 'kafkajs';
import { codecs } from './codecs.ts';
import { Reader } from './reader.ts';

/** What kafkajs needs of a record's batch, for transactions. */
interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
}

/** A record in the form of kafkajs; for a record that stands for an unreadable batch, also the fault. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly attributes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly fault?: string;
}

/** A batch that exceeds this size decompressed, or this number of records, is not read: it would take the memory of all others. */
const batchBytes = 32 * 1_048_576;
const batchRecords = 100_000;
/** About how much memory a record takes besides its bytes. */
const recordOverhead = 400;
/** Sizes of the header of a batch: from the base offset to the number of records, up to the end of the length, and up to the format. */
const headerBytes = 61;
const lengthEnd = 12;
const formatEnd = 17;
/** The current format, written by brokers since Kafka 0.11. Earlier formats had messages without batches. */
const supportedFormat = 2;

/** Memory for the records of one answer, in bytes; records beyond it are fetched again. */
export interface Budget {
  left: number;
}

/**
 * Reads the record batches of a partition in the order of their offsets. The last batch may be truncated, and is then left out.
 * An unreadable batch becomes one record with its bytes.
 */
export async function readRecordBatches(bytes: Buffer, budget: Budget): Promise<FetchedRecord[]> {
  const records: FetchedRecord[] = [];
  for (let rest = bytes; budget.left > 0 && rest.length >= formatEnd;) {
    const length = lengthEnd + Math.max(0, rest.readInt32BE(8));
    if (length > rest.length) break;
    for (const record of await readOrFault(rest.subarray(0, length), budget)) records.push(record);
    rest = rest.subarray(length);
  }
  return records;
}

async function readOrFault(batch: Buffer, budget: Budget): Promise<FetchedRecord[]> {
  try {
    return await readBatch(batch, budget);
  } catch (error) {
    budget.left -= batch.length;
    const fault = `The record batch cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const content = { key: null, value: batch, headers: {}, isControlRecord: false };
    return [{ ...factsOf(batch), attributes: 0, ...content, fault }];
  }
}

/** Facts in the header of a batch: its last offset, and that of a message of an older format. */
function factsOf(batch: Buffer): Pick<FetchedRecord, 'offset' | 'timestamp' | 'batchContext'> {
  const offset = batch.readBigInt64BE(0);
  if (batch.length < headerBytes || batch.readInt8(16) !== supportedFormat) {
    const batchContext = { producerId: '-1', inTransaction: false };
    return { offset: String(offset), timestamp: '-1', batchContext };
  }
  const lastOffset = offset + BigInt(Math.max(0, batch.readInt32BE(23)));
  const timestamp = String(batch.readBigInt64BE(35));
  return { offset: String(lastOffset), timestamp, batchContext: contextOf(batch) };
}

function contextOf(batch: Buffer): BatchContext {
  return { producerId: String(batch.readBigInt64BE(43)), inTransaction: (batch.readInt16BE(21) & 0x10) > 0 };
}

async function readBatch(batch: Buffer, budget: Budget): Promise<FetchedRecord[]> {
  const format = batch.readInt8(16);
  if (format !== supportedFormat) throw new RangeError(`format ${format} is not supported`);
  const context = contextOf(batch);
  const attributes = batch.readInt16BE(21);
  const count = batch.readInt32BE(57);
  if (count > batchRecords) throw new RangeError(`more than ${batchRecords} records`);
  const body = await unpack(batch.subarray(headerBytes), attributes & 0x07);
  budget.left -= body.length + count * recordOverhead;
  const first = { offset: batch.readBigInt64BE(0), timestamp: batch.readBigInt64BE(27) };
  // The broker's time for all records, if the topic is configured so.
  const appended = attributes & 0x08 ? String(batch.readBigInt64BE(35)) : undefined;
  const isControlRecord = (attributes & 0x20) > 0;
  const reader = new Reader(body);
  const breathe = pacer();
  const records: FetchedRecord[] = [];
  for (let index = 0; index < count; index += 1) {
    await breathe();
    const record = readRecord(new Reader(reader.bytes(reader.varint())), first, appended);
    records.push({ ...record, isControlRecord, batchContext: context });
  }
  return records;
}

async function unpack(body: Buffer, codec: number): Promise<Buffer> {
  if (codec === 0) return body;
  const decompress = codecs[codec];
  if (decompress === undefined) throw new RangeError(`codec ${codec} is not known`);
  return decompress(body, batchBytes);
}

function readRecord(
  reader: Reader,
  first: { readonly offset: bigint; readonly timestamp: bigint },
  appended: string | undefined,
): Omit<FetchedRecord, 'isControlRecord' | 'batchContext'> {
  const attributes = reader.int8();
  const timestamp = appended ?? String(first.timestamp + reader.varlong());
  if (appended !== undefined) reader.varlong();
  const offset = String(first.offset + BigInt(reader.varint()));
  return {
    attributes,
    timestamp,
    offset,
    key: reader.varBytes(),
    value: reader.varBytes(),
    headers: readHeaders(reader),
  };
}

/** In one pass; the values of a repeated name form a list. */
function readHeaders(reader: Reader): IHeaders {
  const headers = new Map<string, Buffer | Buffer[]>();
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = (reader.varBytes() ?? '').toString();
    // Kafka allows a header without a value, which the types of kafkajs do not include.
    const value = reader.varBytes() as Buffer;
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else if (Array.isArray(before)) before.push(value);
    else headers.set(name, [before, value]);
  }
  return Object.fromEntries(headers);
}

/** How long records are read without a pause (ms), so that heartbeats and the health endpoint get their turn. */
const stretchMs = 10;

/** Await it repeatedly: lets other work run when a slice of time is over. */
function pacer(): () => Promise<void> | undefined {
  let until = performance.now() + stretchMs;
  return () => {
    if (performance.now() < until) return undefined;
    until = Infinity;
    return new Promise((resolve) => {
      setImmediate(() => {
        until = performance.now() + stretchMs;
        resolve();
      });
    });
  };
}
