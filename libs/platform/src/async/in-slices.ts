import { setImmediate } from 'node:timers/promises';

/** How long work may keep the event loop before it is another's turn, in milliseconds. */
const sliceMs = 10;

/** The items, with a turn for other work of the process after each slice of the consumer's time. */
export async function* inSlices<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  let began = performance.now();
  for await (const item of items) {
    yield item;
    if (performance.now() - began < sliceMs) continue;
    await setImmediate();
    began = performance.now();
  }
}
