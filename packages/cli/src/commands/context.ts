import type { Context } from '@turnstream/sdk';
import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import { usageError } from '../failure.ts';
import type { Column } from '../output/columns.ts';
import { parseTime } from '../output/times.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, sessionPath, whole } from './define.ts';
import { actorOf } from './event-lines.ts';

interface ContextOptions extends CommonOptions {
  readonly at?: string;
  readonly atRevision?: number;
  readonly explain?: boolean;
}

/** The event that set a field, and who caused it. */
export interface Explanation {
  readonly type: string;
  readonly revision: number;
  readonly occurred_at: string;
  readonly actor?: unknown;
  readonly system?: string | null;
}

type Explained = Context & { readonly explained: Readonly<Record<string, Explanation>> };

const columns: readonly Column<readonly [string, Explanation]>[] = [
  { title: 'FIELD', value: ([field]) => field },
  { title: 'REV', value: ([, { revision }]) => revision },
  { title: 'EVENT', value: ([, { type }]) => type },
  { title: 'TIME', value: ([, { occurred_at }]) => occurred_at, kind: 'time' },
  { title: 'ACTOR', value: ([, { actor }]) => actorOf(actor) },
  { title: 'SYSTEM', value: ([, { system }]) => system, kind: 'rest' },
];

/** `turnstream context ID` */
export function contextCommand(terminal: Terminal): Command {
  return apiCommand('context <session>', 'Show the working context, as it is or as it was')
    .option('--at <time>', 'as it was at this time')
    .option('--at-revision <n>', 'as it was at this revision', whole('--at-revision'))
    .option('--explain', 'for each field the event, actor and outside system that it comes from')
    .action(
      calls<ContextOptions>(terminal, async ({ api, out }, options, id) => {
        const { at, atRevision, explain, utc = false } = options;
        if (at !== undefined && atRevision !== undefined)
          throw usageError('--at and --at-revision cannot be combined.');
        const query = {
          at: at && parseTime(at, utc),
          at_revision: atRevision,
          explain: explain ? '1' : undefined,
        };
        const request = { query, signal: terminal.signal };
        const context = await api.request<Context | Explained>(sessionPath(id, '/context'), request);
        await out.document(context, (shown) =>
          shown.explained ? out.tableLines(Object.entries(shown.explained), columns) : out.fields(shown),
        );
      }),
    );
}
