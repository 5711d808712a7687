import type { TurnRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import { Option } from 'commander';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Column } from '../output/columns.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';
import type { FilterOptions } from './filters.ts';
import { periodOf, withPeriod } from './filters.ts';

interface TimelineOptions extends CommonOptions, Pick<FilterOptions, 'from' | 'to' | 'order'> {
  readonly limit: number;
}

/** A turn, or a milestone of a session. */
interface Item {
  readonly at: string;
  readonly session_id: string;
  readonly revision: number;
  readonly kind: string;
  readonly name: string | null;
  readonly outcome: string | null;
  readonly turn: TurnRow | null;
}

const columns: readonly Column<Item>[] = [
  { title: 'TIME', value: ({ at }) => at, kind: 'time' },
  { title: 'SESSION', value: ({ session_id }) => session_id.slice(0, 8) },
  { title: 'REV', value: ({ revision }) => revision },
  { title: 'WHAT', value: ({ kind, turn }) => (turn === null ? kind : turn.sender) },
  { title: 'NAME', value: ({ name, outcome, turn }) => turn?.parsed_intent ?? joined(name, outcome) },
  { title: 'TEXT', value: ({ turn }) => turn?.message_text, kind: 'rest' },
];

/** `turnstream timeline PARTNER` */
export function timelineCommand(terminal: Terminal): Command {
  return withPeriod(
    apiCommand('timeline <partner>', 'Show what a partner went through, over all sessions and channels'),
  )
    .addOption(new Option('--order <order>', 'by time').choices(['asc', 'desc']))
    .addOption(limitOption())
    .action(
      calls<TimelineOptions>(terminal, async (call, { limit, order, ...options }, partner) => {
        const path = `/v1/partners/${encodeURIComponent(partner)}/timeline`;
        const query = { ...periodOf(options), order };
        await call.out.list(listed<Item>(call, path, { query, limit }), columns);
      }),
    );
}

function joined(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(': ');
}
