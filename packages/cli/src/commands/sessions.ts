import type { SessionRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import { Option } from 'commander';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Column } from '../output/columns.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';

interface SessionsOptions extends CommonOptions {
  readonly partner?: string;
  readonly status?: string;
  readonly channel?: string;
  readonly limit: number;
}

const columns: readonly Column<SessionRow>[] = [
  { title: 'SESSION', value: ({ session_id }) => session_id },
  { title: 'PARTNER', value: ({ partner_id }) => partner_id },
  { title: 'STATUS', value: ({ status, set_aside }) => (set_aside ? 'set aside' : status), kind: 'state' },
  { title: 'CHANNEL', value: ({ channel }) => channel },
  { title: 'STARTED', value: ({ start_time }) => start_time, kind: 'time' },
  { title: 'LAST', value: ({ last_activity_time }) => last_activity_time, kind: 'time' },
  { title: 'REV', value: ({ revision }) => revision },
  { title: 'TASK', value: ({ current_task }) => current_task, kind: 'rest' },
];

/** `turnstream sessions` */
export function sessionsCommand(terminal: Terminal): Command {
  return apiCommand('sessions', 'List sessions, the newest first')
    .option('--partner <id>', 'of this partner')
    .addOption(new Option('--status <status>', 'with this status').choices(['active', 'ended', 'expired']))
    .option('--channel <name>', 'on this channel')
    .addOption(limitOption())
    .action(
      calls<SessionsOptions>(terminal, async (call, { partner, status, channel, limit }) => {
        const query = { partner_id: partner, status, channel };
        await call.out.list(listed<SessionRow>(call, '/v1/sessions', { query, limit }), columns);
      }),
    );
}
