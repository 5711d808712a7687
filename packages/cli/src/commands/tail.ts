import type { SessionDetails } from '@turnstream/sdk';
import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import { eventStream } from '../api/event-stream.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, sessionPath, whole } from './define.ts';
import { writeEvents } from './event-lines.ts';

interface TailOptions extends CommonOptions {
  readonly last: number;
  readonly type?: string;
}

/** `turnstream tail ID` */
export function tailCommand(terminal: Terminal): Command {
  return apiCommand('tail <session>', 'Show the last events of a session and those that follow, until Ctrl-C')
    .option('--last <n>', 'how many of the events that are there', whole('--last'), 10)
    .option('--type <names>', 'only these types, with commas between')
    .action(
      calls<TailOptions>(terminal, async (call, { last, type }, id) => {
        const { signal } = terminal;
        const { revision } = await call.api.request<SessionDetails>(sessionPath(id), { signal });
        const query = { follow: '1', from_revision: Math.max(0, revision + 1 - last), type };
        await writeEvents(eventStream(call, sessionPath(id, '/events'), { query }), call.out);
      }),
    );
}
