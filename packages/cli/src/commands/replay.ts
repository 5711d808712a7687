import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import { eventStream } from '../api/event-stream.ts';
import type { CommonOptions } from '../api/settings.ts';
import { usageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, sessionPath, whole } from './define.ts';
import { writeEvents } from './event-lines.ts';

interface ReplayOptions extends CommonOptions {
  readonly speed?: number;
  readonly backwards?: boolean;
  readonly type?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

/** `turnstream replay ID` */
export function replayCommand(terminal: Terminal): Command {
  return apiCommand('replay <session>', 'Play the events of a session as they were recorded')
    .option('--speed <n>', 'so many times as fast as recorded; without it at once', speed)
    .option('--backwards', 'the newest first')
    .option('--type <names>', 'only these types, with commas between')
    .option('--from <revision>', 'the first one', whole('--from'))
    .option('--to <revision>', 'the last one', whole('--to'))
    .option('--limit <n>', 'events at most', whole('--limit', 1))
    .action(
      calls<ReplayOptions>(terminal, async (call, options, id) => {
        const { backwards, type, from, to, limit } = options;
        const query = {
          speed: options.speed,
          direction: backwards ? 'backwards' : undefined,
          type,
          from_revision: from,
          to_revision: to,
        };
        const asked = { query, ...(limit !== undefined && { limit }) };
        const count = await writeEvents(eventStream(call, sessionPath(id, '/events'), asked), call.out);
        if (count === 0) call.out.note('There are no such events.');
      }),
    );
}

function speed(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0))
    throw usageError(`--speed must be a number, such as 10 or 0.5, not ${text}.`);
  return value;
}
