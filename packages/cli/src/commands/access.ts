import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Column } from '../output/columns.ts';
import { parseTime } from '../output/times.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';

interface AccessOptions extends CommonOptions {
  readonly partner?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
}

interface AccessRecord {
  readonly at: string;
  readonly role: string;
  readonly subject: string;
  readonly action: string;
  readonly partner_ids: readonly string[];
  readonly purpose: string | null;
  readonly what: string | null;
}

const columns: readonly Column<AccessRecord>[] = [
  { title: 'TIME', value: ({ at }) => at, kind: 'time' },
  { title: 'ROLE', value: ({ role }) => role },
  { title: 'WHO', value: ({ subject }) => subject },
  { title: 'ACTION', value: ({ action }) => action },
  { title: 'PURPOSE', value: ({ purpose }) => purpose },
  { title: 'PARTNERS', value: ({ partner_ids }) => partner_ids.join(' ') },
  { title: 'WHAT', value: ({ what }) => what, kind: 'rest' },
];

/** `turnstream access` */
export function accessCommand(terminal: Terminal): Command {
  return apiCommand('access', 'List who read personal data and what administrators did, the newest first')
    .option('--partner <id>', 'whose data')
    .option('--subject <name>', 'by whom')
    .option('--from <time>', 'at or after this time')
    .option('--to <time>', 'before this time')
    .addOption(limitOption())
    .action(
      calls<AccessOptions>(terminal, async (call, { partner, subject, from, to, utc = false, limit }) => {
        const query = {
          partner_id: partner,
          subject,
          from: from && parseTime(from, utc),
          to: to && parseTime(to, utc),
        };
        await call.out.list(listed<AccessRecord>(call, '/v1/access', { query, limit }), columns);
      }),
    );
}
