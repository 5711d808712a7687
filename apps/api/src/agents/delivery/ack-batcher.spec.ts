import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { CommandRejectedError } from '#sessions';
import type { AgentCommands } from '../common/agent-commands.ts';
import { occurredAt, recorded, TestOutlet, upToDate } from './test-updates.ts';
import { AckBatcher } from './ack-batcher.ts';
import type { Attachment } from './attachment.ts';

/** A write of acknowledgements that the spec settles. */
interface Write {
  readonly sessionId: string;
  readonly revisions: number[];
  readonly latencies: number[];
  settle(error?: Error): Promise<void>;
}

let writes: Write[];
let batcher: AckBatcher;
const outlet = new TestOutlet();

const commands: Pick<AgentCommands, 'acknowledge'> = {
  acknowledge(sessionId, _owner, updates) {
    const done = Promise.withResolvers<number>();
    const revisions = updates.map(({ revision }) => revision);
    const latencies = updates.map(({ latency_ms }) => latency_ms);
    const settle = async (error?: Error): Promise<void> => {
      if (error) done.reject(error);
      else done.resolve(99);
      await new Promise(setImmediate);
    };
    writes.push({ sessionId, revisions, latencies, settle });
    return done.promise;
  },
};

beforeEach(() => {
  jest.useFakeTimers({ now: occurredAt, doNotFake: ['setImmediate'] });
  writes = [];
  batcher = new AckBatcher(commands, () => undefined);
});
afterEach(() => {
  jest.useRealTimers();
});

const attachmentOf = (sessionId = 'session'): Attachment => upToDate(outlet, sessionId);
const acknowledge = (attachment: Attachment, revision: number): void => {
  attachment.receive(recorded(revision));
  attachment.acknowledge(revision);
  batcher.add(attachment);
};
const revisionsWritten = (): number[][] => writes.map(({ revisions }) => revisions);

test('the first acknowledgement of a session is written at once, with its latency', () => {
  jest.advanceTimersByTime(7);
  acknowledge(attachmentOf(), 5);
  expect(writes).toMatchObject([{ sessionId: 'session', revisions: [5], latencies: [7] }]);
});

test('acknowledgements during a write and the pause after it share the next write', async () => {
  const attachment = attachmentOf();
  acknowledge(attachment, 5);
  acknowledge(attachment, 6);
  await writes[0]?.settle();
  acknowledge(attachment, 7);
  batcher.flushDue();
  expect(revisionsWritten()).toEqual([[5]]);
  jest.advanceTimersByTime(200);
  batcher.flushDue();
  expect(revisionsWritten()).toEqual([[5], [6, 7]]);
});

test('an acknowledgement after the pause is written at once', async () => {
  const attachment = attachmentOf();
  acknowledge(attachment, 5);
  await writes[0]?.settle();
  jest.advanceTimersByTime(200);
  acknowledge(attachment, 6);
  expect(revisionsWritten()).toEqual([[5], [6]]);
});

test('an acknowledgement after the pause is written although the clock is set back', async () => {
  const attachment = attachmentOf();
  acknowledge(attachment, 5);
  await writes[0]?.settle();
  jest.setSystemTime(occurredAt - 3_600_000);
  jest.advanceTimersByTime(200);
  acknowledge(attachment, 6);
  expect(revisionsWritten()).toEqual([[5], [6]]);
});

test('sixteen sessions are written at a time, the next when one of them is done', async () => {
  for (let n = 0; n < 18; n += 1) acknowledge(attachmentOf(`session-${n}`), 5);
  expect(writes).toHaveLength(16);
  await writes[0]?.settle();
  expect(writes.map(({ sessionId }) => sessionId).slice(16)).toEqual(['session-16']);
});

test('a write that fails is repeated after a second', async () => {
  acknowledge(attachmentOf(), 5);
  await writes[0]?.settle(new Error('unavailable'));
  jest.advanceTimersByTime(999);
  batcher.flushDue();
  expect(writes).toHaveLength(1);
  jest.advanceTimersByTime(1);
  batcher.flushDue();
  expect(revisionsWritten()).toEqual([[5], [5]]);
});

test('a write that the stream rejects is not repeated', async () => {
  const attachment = attachmentOf();
  acknowledge(attachment, 5);
  const rejection = { code: 'agent_replaced', reason: 'Another instance owns the session.' } as const;
  await writes[0]?.settle(new CommandRejectedError(rejection, 0, 5));
  jest.advanceTimersByTime(5_000);
  batcher.flushDue();
  expect([writes.length, attachment.hasAcks]).toEqual([1, false]);
});

test('acknowledgements of a session that was detached are still written', async () => {
  const attachment = attachmentOf();
  acknowledge(attachment, 5);
  acknowledge(attachment, 6);
  attachment.close('replaced');
  await writes[0]?.settle();
  jest.advanceTimersByTime(200);
  batcher.flushDue();
  expect(revisionsWritten()).toEqual([[5], [6]]);
});
