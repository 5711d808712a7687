import { text } from 'node:stream/consumers';
import type { TurnRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import { usageError } from '../failure.ts';
import type { Column } from '../output/columns.ts';
import { parseTime } from '../output/times.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';

interface TurnsOptions extends CommonOptions {
  readonly session?: string;
  readonly partner?: string;
  readonly intent?: string;
  readonly sender?: string;
  readonly from?: string;
  readonly to?: string;
  readonly entity?: string;
  readonly limit: number;
}

const columns: readonly Column<TurnRow>[] = [
  { title: 'TIME', value: ({ timestamp }) => timestamp, kind: 'time' },
  { title: 'SESSION', value: ({ session_id }) => session_id },
  { title: 'REV', value: ({ revision }) => revision },
  { title: 'PARTNER', value: ({ partner_id }) => partner_id },
  { title: 'FROM', value: ({ sender }) => sender },
  { title: 'INTENT', value: ({ parsed_intent }) => parsed_intent },
  { title: 'TEXT', value: ({ message_text }) => message_text, kind: 'rest' },
];

/** `turnstream turns` */
export function turnsCommand(terminal: Terminal): Command {
  return apiCommand('turns', 'List turns, or find those that hold a value')
    .option('--session <id>', 'of this session')
    .option('--partner <id>', 'of this partner')
    .option('--intent <name>', 'with this intent')
    .addOption(new Option('--sender <sender>', 'of this sender').choices(['user', 'bot']))
    .option('--from <time>', 'at or after this time')
    .option('--to <time>', 'before this time')
    .option('--entity <name=value>', 'that hold this value; name=- reads the value from the standard input')
    .addOption(limitOption())
    .action(
      calls<TurnsOptions>(terminal, async (call, options) => {
        const rows =
          options.entity === undefined
            ? listed<TurnRow>(call, '/v1/turns', { query: filterOf(options), limit: options.limit })
            : await found(call, options.entity, options);
        await call.out.list(rows, columns);
      }),
    );
}

function filterOf({ session, partner, intent, sender, from, to, utc = false }: TurnsOptions) {
  return {
    session_id: session,
    partner_id: partner,
    parsed_intent: intent,
    sender,
    from: from === undefined ? undefined : parseTime(from, utc),
    to: to === undefined ? undefined : parseTime(to, utc),
  };
}

/** The value goes in the body: no address holds it. On the standard input, no list of processes does either. */
async function found(call: Call, entity: string, options: TurnsOptions): Promise<AsyncIterable<TurnRow>> {
  const split = entity.indexOf('=');
  if (split < 1 || split === entity.length - 1) throw usageError(`--entity is name=value, not ${entity}.`);
  const given = entity.slice(split + 1);
  const value = given === '-' ? (await text(call.terminal.stdin)).trim() : given;
  const body = { ...filterOf(options), entity: { name: entity.slice(0, split), value } };
  return listed<TurnRow>(call, '/v1/turns/search', { method: 'POST', body, limit: options.limit });
}
