/** Reads a topic until the message `deadly`, on which it dies at once. For the spec of the loop, which passes topic and group. */
import { createKafka } from '../kafka.ts';
import { ConsumerLoop } from './loop.ts';

const [topic = '', groupId = ''] = process.argv.slice(2);
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');

await new ConsumerLoop<string>({
  kafka: createKafka({ connection: { brokers }, clientId: 'dying-consumer', log }),
  groupId,
  topic,
  log,
  partitionsAtOnce: 1,
  chunkSize: 50,
  atOnce: 1,
  prepare: async (messages) => messages.map(({ value }) => String(value)),
  handle: async (text) => {
    if (text === 'deadly') process.kill(process.pid, 'SIGKILL');
  },
  isUnavailable: () => false,
  ready: async () => undefined,
  deadLetter: async () => undefined,
}).run(new AbortController().signal);
