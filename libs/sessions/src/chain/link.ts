import { createHash, hash } from 'node:crypto';
import type { EventData } from '@eventstore/db-client';
import type { NewEvent } from '../client/append-request.ts';

/** The exact stored bytes of an event. */
export interface EventBytes {
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** Events as they are appended, and the hash of the last one, which the next event continues from. */
interface ChainedEvents {
  readonly events: readonly NewEvent[];
  readonly chain: string;
}

const hashBytes = 32;
const lengthBytes = 4;
/** `"chain":"…"}`, at the end of the metadata. */
const suffixBytes = 54;
const frame = `"chain":"${' '.repeat(43)}"}`;
const suffix = /^"chain":"([\w-]{43})"\}$/;

/** The hash that the first event of a stream continues from. */
export function seedOf(stream: string): string {
  return hash('sha256', `turnstream chain 1\0${stream}`, 'base64url');
}

/**
 * Adds to each event's metadata SHA-256(hash of the event before, SHA-256(content)). The content is its id, its type, and the exact
 * bytes of its data and metadata, each preceded by its length (4 bytes, big-endian). To check a path from one event to a later one,
 * only the 32-byte content hash of each event in between is needed.
 * @param previous the hash of the event before the first appended one; for a stream's first event `seedOf`
 */
export function chainEvents(previous: string, events: readonly EventData[]): ChainedEvents {
  let chain = previous;
  const chained = events.map((event) => {
    const next = chainEvent(chain, event);
    chain = next.chain;
    return next.event;
  });
  return { events: chained, chain };
}

/** The buffer that is hashed is also the one that is stored: nothing is copied. */
function chainEvent(
  previous: string,
  { id, type, contentType, data, metadata }: EventData,
): { readonly event: NewEvent; readonly chain: string } {
  const content = data instanceof Uint8Array ? data : JSON.stringify(data);
  const covered = withoutEnd(metadata);
  const [contentBytes, coveredBytes] = [Buffer.byteLength(content), Buffer.byteLength(covered)];
  const total =
    4 * lengthBytes + Buffer.byteLength(id) + Buffer.byteLength(type) + contentBytes + coveredBytes;
  const buffer = Buffer.allocUnsafe(total + suffixBytes);
  const atData = writePart(buffer, writePart(buffer, writePart(buffer, 0, id), type), content);
  const atMetadata = writePart(buffer, atData, covered);
  const chain = follow(previous, hash('sha256', buffer.subarray(0, total), 'buffer'));
  buffer.write(`"chain":"${chain}"}`, total, 'latin1');
  const event = {
    id,
    type,
    contentType,
    data: buffer.subarray(atData - contentBytes, atData),
    metadata: buffer.subarray(atMetadata - coveredBytes),
  };
  return { event, chain };
}

/** Writes a part after its length; returns where it ends. */
function writePart(buffer: Buffer, at: number, part: string | Uint8Array): number {
  const begin = at + lengthBytes;
  const length = typeof part === 'string' ? buffer.write(part, begin) : copy(part, buffer, begin);
  buffer.writeUInt32BE(length, at);
  return begin + length;
}

/** Metadata up to where the chain is added. A copied event may carry a chain hash of another store, which is dropped. */
function withoutEnd(metadata: EventData['metadata']): string {
  const text = JSON.stringify(withoutChain((metadata ?? {}) as object)).slice(0, -1);
  return text === '{' ? text : `${text},`;
}

function withoutChain(metadata: object): object {
  if (!('chain' in metadata)) return metadata;
  const { chain: _, ...rest } = metadata;
  return rest;
}

function copy(bytes: Uint8Array, target: Buffer, at: number): number {
  target.set(bytes, at);
  return bytes.length;
}

/** The hash at the end of an event's metadata; undefined: the event is not chained. */
export function chainIn(metadata: Uint8Array): string | undefined {
  if (metadata.length < suffixBytes) return undefined;
  return suffix.exec(Buffer.from(metadata.subarray(-suffixBytes)).toString('latin1'))?.[1];
}

/** Whether metadata without a valid chain looks as if it had one: no other field does so by chance. */
export function isDamagedChain(metadata: Uint8Array): boolean {
  const end = Buffer.from(metadata.subarray(-suffixBytes)).toString('latin1');
  const same = Array.from(frame).filter((letter, index) => letter !== ' ' && letter === end[index]);
  return metadata.length >= suffixBytes && same.length >= 9;
}

/** The chain hash after another one, for an event with this content hash. */
export function follow(previous: string, content: Uint8Array): string {
  const both = Buffer.allocUnsafe(2 * hashBytes);
  both.set(content, both.write(previous, 'base64url'));
  return hash('sha256', both, 'base64url');
}

/** The content hash of an event, which its chain hash covers together with the hash before. */
export function contentHash(event: EventBytes): Buffer {
  return hashOf(event, event.metadata.subarray(0, -suffixBytes));
}

/** The hash that a chained event must have after the previous one. */
export function expectedChain(previous: string, event: EventBytes): string {
  return follow(previous, contentHash(event));
}

/** The hash that the successor of an unchained event (of an older version) continues from: the successor binds its content. */
export function anchorOf(stream: string, event: EventBytes): string {
  return follow(seedOf(`unchained\0${stream}`), hashOf(event, event.metadata));
}

/** The hash that the next event of a stream continues from. */
export function linkAfter(stream: string, event: EventBytes): string {
  return chainIn(event.metadata) ?? anchorOf(stream, event);
}

function hashOf({ id, type, data }: EventBytes, metadata: Uint8Array): Buffer {
  const sum = createHash('sha256');
  const length = Buffer.allocUnsafe(lengthBytes);
  for (const part of [Buffer.from(id), Buffer.from(type), data, metadata]) {
    length.writeUInt32BE(part.length);
    sum.update(length).update(part);
  }
  return sum.digest();
}
