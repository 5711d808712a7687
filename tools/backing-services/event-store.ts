import { join } from 'node:path';
import { ErrorType, EventStoreDBClient } from '@eventstore/db-client';
import { folder, root } from '../shared/paths.ts';
import { answersAt, GREETINGS } from './answers.ts';
import type { BackingService } from './service.ts';

/** `TURNSTREAM_EVENT_STORE=like-a-server`: the embedded store imitates the timing of a real server, too. */
const isLikeAServer = (): boolean => process.env['TURNSTREAM_EVENT_STORE'] === 'like-a-server';

/** The embedded event store, run from its sources. */
export const eventStore: BackingService = {
  name: 'event-store',
  title: 'Event store',
  variable: 'EVENTSTORE_URL',
  portVariable: 'EVENTSTORE_PORT',
  port: 2113,
  url: (port) => `esdb://127.0.0.1:${port}?tls=false`,
  program: (dir, port) => {
    const main = join(root, 'packages/embedded-eventstore/src/main.ts');
    const node = [
      process.execPath,
      '--conditions=source',
      '--import',
      join(root, 'tools/register.mjs'),
      main,
    ];
    const data = ['--data', folder(dir, 'event-store'), '--advertise', `127.0.0.1:${port}`];
    return Promise.resolve({
      command: [
        ...node,
        '--port',
        String(port),
        '--mode',
        'insecure',
        ...data,
        ...(isLikeAServer() ? ['--like-a-server'] : []),
      ],
      answers: answersAt(port, GREETINGS.http2),
    });
  },
  ready: async (url) => {
    const client = EventStoreDBClient.connectionString(url);
    try {
      const read = { maxCount: 1, direction: 'backwards', fromPosition: 'end', deadline: 3_000 } as const;
      await Array.fromAsync(client.readAll(read));
    } catch (error) {
      // A refusal for lack of credentials is an answer, too.
      if ((error as { type?: string }).type !== ErrorType.ACCESS_DENIED) throw error;
    } finally {
      await client.dispose();
    }
  },
};
