import type { SessionRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import { Option } from 'commander';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Column } from '../output/columns.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';
import type { FilterOptions } from './filters.ts';
import { filterOf, withFilters } from './filters.ts';

interface SessionsOptions extends CommonOptions, FilterOptions {
  readonly status?: string;
  readonly limit: number;
}

type Row = SessionRow & { readonly forked_from?: string | null };

const columns: readonly Column<Row>[] = [
  { title: 'SESSION', value: ({ session_id }) => session_id },
  { title: 'PARTNER', value: ({ partner_id }) => partner_id },
  { title: 'STATUS', value: (row) => statusOf(row), kind: 'state' },
  { title: 'CHANNEL', value: ({ channel }) => channel },
  { title: 'STARTED', value: ({ start_time }) => start_time, kind: 'time' },
  { title: 'LAST', value: ({ last_activity_time }) => last_activity_time, kind: 'time' },
  { title: 'REV', value: ({ revision }) => revision },
  { title: 'TASK', value: ({ current_task }) => current_task, kind: 'rest' },
];

/** `turnstream sessions` */
export function sessionsCommand(terminal: Terminal): Command {
  return withFilters(apiCommand('sessions', 'List sessions, the newest first'))
    .addOption(new Option('--status <status>', 'with this status').choices(['active', 'ended', 'expired']))
    .addOption(limitOption())
    .action(
      calls<SessionsOptions>(terminal, async (call, { status, limit, ...options }) => {
        const query = { ...filterOf(options), status };
        await call.out.list(listed<Row>(call, '/v1/sessions', { query, limit }), columns);
      }),
    );
}

function statusOf({ status, set_aside, forked_from }: Row): string {
  if (set_aside) return 'set aside';
  return forked_from ? `${status} (fork)` : status;
}
