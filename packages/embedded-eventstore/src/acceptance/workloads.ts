import { jsonEvent, type EventStoreDBClient } from '@eventstore/db-client';

const TEXT = 'x'.repeat(200);

export const sampleEvent = () => jsonEvent({ type: 'Happened', data: { text: TEXT } });

/** Appends one event at a time from `inFlight` writers, each to its own streams; returns appends per second. */
export const appendRate = async (
  client: EventStoreDBClient,
  count: number,
  inFlight: number,
): Promise<number> => {
  let left = count;
  const run = crypto.randomUUID();
  const writer = async (index: number): Promise<void> => {
    while (left-- > 0) await client.appendToStream(`bench-${run}-${index}`, sampleEvent());
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: inFlight }, (_, index) => writer(index)));
  return (count / (performance.now() - started)) * 1000;
};

/** Reads up to `count` events of one stream; returns events per second. */
export const readRate = async (
  client: EventStoreDBClient,
  stream: string,
  count: number,
): Promise<number> => {
  const started = performance.now();
  let read = 0;
  for await (const { event } of client.readStream(stream, { maxCount: count })) if (event) read++;
  if (read !== count) throw new Error(`Read ${read} events of ${count}`);
  return (count / (performance.now() - started)) * 1000;
};

/** Appends `count` events to one stream in large appends. */
export const fill = async (client: EventStoreDBClient, stream: string, count: number): Promise<void> => {
  for (let done = 0; done < count; done += 1000) {
    const events = Array.from({ length: Math.min(1000, count - done) }, sampleEvent);
    await client.appendToStream(stream, events);
  }
};

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
