import type { IHeaders } from 'kafkajs';
import { headerText } from './cloud-events.ts';
import type { Outgoing } from './publisher.ts';
import { deadLetterTopic } from './topics.ts';

/** Where a message was found. */
export interface Coordinates {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** A message that could not be processed: its place, the reason, and its original bytes. */
export interface DeadLetter extends Coordinates {
  readonly reason: string;
  readonly detail: string;
  readonly failed_at: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The message's own headers. */
  readonly headers: IHeaders;
}

const prefix = 'dead_letter_';
const detailLimit = 1_000;

/** A dead letter as a message: key, value and headers of the original, with further headers about the failure. */
export function writeDeadLetter(letter: DeadLetter): Outgoing {
  const { topic, partition, offset, reason, detail, failed_at, key, value, headers } = letter;
  const facts = {
    topic,
    partition: String(partition),
    offset,
    reason,
    detail: detail.slice(0, detailLimit),
    failed_at,
  };
  const added = Object.entries(facts).map(([name, text]) => [prefix + name, text]);
  return {
    topic: deadLetterTopic(topic),
    key,
    value,
    headers: { ...ownHeaders(headers), ...Object.fromEntries(added) } as IHeaders,
  };
}

/** Parses a message of a dead letter topic; undefined when it is not a dead letter. */
export function readDeadLetter(message: {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}): DeadLetter | undefined {
  const { key, value, headers = {} } = message;
  const fact = (name: string): string | undefined => headerText(headers, prefix + name);
  const [topic, partition, offset, reason] = [
    fact('topic'),
    fact('partition'),
    fact('offset'),
    fact('reason'),
  ];
  if (topic === undefined || partition === undefined || offset === undefined || reason === undefined)
    return undefined;
  const detail = fact('detail') ?? '';
  const failed_at = fact('failed_at') ?? '';
  const own = ownHeaders(headers);
  return { topic, partition: Number(partition), offset, reason, detail, failed_at, key, value, headers: own };
}

/** The original message, to be sent to its topic again. `letter`: the place of the dead letter. */
export function redriven({ topic, key, value, headers }: DeadLetter, letter: Coordinates): Outgoing {
  const from = `${letter.topic}/${letter.partition}/${letter.offset}`;
  return { topic, key, value, headers: { ...headers, redriven_from: from } };
}

/** The message's own headers. A header without a value, which kafkajs can read but not send, becomes an empty one. */
function ownHeaders(headers: IHeaders): IHeaders {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name, sendable(value)]));
}

function sendable(value: IHeaders[string] | null): IHeaders[string] {
  return Array.isArray(value) ? value.map((one: Buffer | string | null) => one ?? '') : (value ?? '');
}
