import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../fail.mjs';
import { folder, root } from '../paths.mjs';

/** The embedded event store (packages/embedded-eventstore). */
export async function eventStoreSpec({ dir, port }) {
  const program = join(root, 'packages/embedded-eventstore/dist/main.js');
  if (!existsSync(program))
    throw new Failure(`${program} is missing: run npm run build, or set EVENTSTORE_URL.`);
  const data = folder(dir, 'event-store');
  const advertise = `127.0.0.1:${port}`;
  return {
    name: 'event-store',
    title: 'Event store',
    command: process.execPath,
    args: [program, '--port', String(port), '--data', data, '--mode', 'insecure', '--advertise', advertise],
  };
}
