import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Output } from '../output/output.ts';
import { textOf } from '../output/text.ts';
import { parseTime } from '../output/times.ts';
import type { Terminal } from '../terminal.ts';
import type { Explanation } from './context.ts';
import { apiCommand, sessionPath } from './define.ts';
import { actorOf } from './event-lines.ts';

interface Change {
  /** A JSON Pointer into the context. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly event: Explanation;
}

interface Diff {
  readonly from: number;
  readonly to: number;
  readonly changes: readonly Change[];
}

/** `turnstream diff ID FROM TO` */
export function diffCommand(terminal: Terminal): Command {
  return apiCommand('diff <session> <from> [to]', 'Show what changed in a context, and which event did it')
    .addHelpText(
      'after',
      '\n<from> and <to> are revisions (-1: before the start) or times; without <to> until now.',
    )
    .action(
      calls<CommonOptions>(terminal, async ({ api, out }, { utc = false }, id, from = '', to) => {
        const query = { ...pointOf('from', from, utc), ...(to !== undefined && pointOf('to', to, utc)) };
        const path = sessionPath(id, '/context/diff');
        const diff = await api.request<Diff>(path, { query, signal: terminal.signal });
        await out.document(diff, (shown) => linesOf(shown, out));
      }),
    );
}

/** A whole number means a revision. */
function pointOf(name: string, text: string, utc: boolean): Readonly<Record<string, string>> {
  return /^-?\d+$/.test(text) ? { [name]: text } : { [`${name}_at`]: parseTime(text, utc) };
}

function linesOf({ from, to, changes }: Diff, out: Output): string[] {
  const { bold, dim, green, red } = out.colors;
  const lines = changes.flatMap((change) => {
    const { type, revision, occurred_at, actor, system } = change.event;
    const by = [`revision ${revision}`, type, out.time(occurred_at), actorOf(actor), system];
    return [
      `${bold(textOf(change.path))}  ${dim(by.filter(Boolean).map(textOf).join(' · '))}`,
      ...('before' in change ? [red(`  - ${textOf(change.before)}`)] : []),
      ...('after' in change ? [green(`  + ${textOf(change.after)}`)] : []),
    ];
  });
  return [`revision ${from} to ${to}: ${changes.length} changes`, ...lines];
}
