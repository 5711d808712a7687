import { text as wholeText } from 'node:stream/consumers';
import type { TurnRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import { usageError } from '../failure.ts';
import type { Column } from '../output/columns.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, limitOption } from './define.ts';
import type { FilterOptions } from './filters.ts';
import { filterOf, withFilters } from './filters.ts';

interface TurnsOptions extends CommonOptions, FilterOptions {
  readonly entity?: string;
  readonly text?: string;
  readonly limit: number;
}

type Row = TurnRow & { readonly channel?: string | null };

const columns: readonly Column<Row>[] = [
  { title: 'TIME', value: ({ timestamp }) => timestamp, kind: 'time' },
  { title: 'SESSION', value: ({ session_id }) => session_id },
  { title: 'REV', value: ({ revision }) => revision },
  { title: 'PARTNER', value: ({ partner_id }) => partner_id },
  { title: 'CHANNEL', value: ({ channel }) => channel },
  { title: 'FROM', value: ({ sender }) => sender },
  { title: 'INTENT', value: ({ parsed_intent }) => parsed_intent },
  { title: 'TEXT', value: ({ message_text }) => message_text, kind: 'rest' },
];

/** `turnstream turns` */
export function turnsCommand(terminal: Terminal): Command {
  return withFilters(apiCommand('turns', 'List turns, the oldest first, or find those that hold a value'))
    .option('--entity <name=value>', 'that hold this value; name=- reads the value from the standard input')
    .option('--text <words>', 'with all of these words; - reads them from the standard input')
    .addOption(limitOption())
    .action(
      calls<TurnsOptions>(terminal, async (call, options) => {
        const { entity, text, limit } = options;
        const isSearch = entity !== undefined || text !== undefined;
        const rows = isSearch
          ? listed<Row>(call, '/v1/turns/search', {
              method: 'POST',
              body: await searchOf(call, options),
              limit,
            })
          : listed<Row>(call, '/v1/turns', { query: filterOf(options), limit });
        await call.out.list(rows, columns);
      }),
    );
}

/** Values and words are sent in the body, so that no URL contains them. From the standard input, the process list does not, either. */
async function searchOf({ terminal }: Call, { entity, text, ...filter }: TurnsOptions): Promise<object> {
  const given = async (value: string): Promise<string> =>
    value === '-' ? (await wholeText(terminal.stdin)).trim() : value;
  if (entity === undefined) return { ...filterOf(filter), text: await given(text ?? '') };
  const split = entity.indexOf('=');
  if (split < 1 || split === entity.length - 1)
    throw usageError(`--entity must be name=value, not ${entity}.`);
  const value = await given(entity.slice(split + 1));
  return { ...filterOf(filter), text, entity: { name: entity.slice(0, split), value } };
}
