import { Failure } from '../shared/failure.ts';

/** The place of a dead letter. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A place as it is printed and typed: `orders.events.dlq/0/12`. */
export function placeText({ topic, partition, offset }: Place): string {
  return `${topic}/${partition}/${offset}`;
}

/** @throws Failure when a text is not a place */
export function parsePlace(text: string): Place {
  const [, topic, partition, offset] = /^([\w.-]+)\/(\d{1,9})\/(\d{1,18})$/.exec(text) ?? [];
  if (topic === undefined || partition === undefined || offset === undefined)
    throw new Failure(
      `${text} is not the place of a dead letter: use one from npm run dlq -- list, such as orders.events.dlq/0/12.`,
    );
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}

/** Orders places by topic, partition and offset. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || (a.offset < b.offset ? -1 : Number(a.offset > b.offset));
}
