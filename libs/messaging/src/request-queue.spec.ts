import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { createKafka } from './kafka.ts';

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

let queue: RequestQueue;
beforeEach(() => {
  createKafka({ connection: { brokers: ['localhost:9092'] }, clientId: 'test', log });
  jest.useFakeTimers();
  queue = new RequestQueue({ maxInFlightRequests: 1, logger: log });
});
afterEach(() => {
  queue.destroy();
  jest.useRealTimers();
});

/** Sends a request whose answer is pending. @returns whether it has left */
function push(correlationId: number): () => boolean {
  let isSent = false;
  queue.push({ entry: { correlationId }, expectResponse: true, sendRequest: () => void (isSent = true) });
  return () => isSent;
}

test('a connection without waiting requests has no timer', () => {
  push(1);
  queue.checkPendingRequests();
  expect(jest.getTimerCount()).toBe(0);
});

test('a request that the broker throttles leaves when the throttling ends', () => {
  queue.throttledUntil = Date.now() + 500;
  const isSent = push(1);
  jest.advanceTimersByTime(499);
  expect(isSent()).toBe(false);
  jest.advanceTimersByTime(2);
  expect(isSent()).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});
