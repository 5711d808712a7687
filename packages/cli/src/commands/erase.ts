import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import { Failure, usageError } from '../failure.ts';
import type { Column } from '../output/columns.ts';
import type { Output } from '../output/output.ts';
import { safeText } from '../output/text.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand } from './define.ts';

interface EraseOptions extends CommonOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly wait: boolean;
  readonly status?: boolean;
}

interface CheckedStore {
  readonly store: string;
  readonly what: string;
  readonly left: number;
  readonly checked_at: string;
}

interface Erasure {
  readonly status: 'none' | 'announced' | 'restricted' | 'in_progress' | 'erased';
  readonly due_at: string | null;
  readonly receipt: { readonly checked: readonly CheckedStore[] } | null;
}

const pollMs = 500;

const checkedColumns: readonly Column<CheckedStore>[] = [
  { title: 'STORE', value: ({ store }) => store },
  { title: 'WHAT', value: ({ what }) => what },
  { title: 'LEFT', value: ({ left }) => left },
  { title: 'CHECKED', value: ({ checked_at }) => checked_at, kind: 'time' },
];

/** `turnstream erase PARTNER` */
export function eraseCommand(terminal: Terminal): Command {
  return apiCommand('erase <partner>', 'Erase a partner, and print the receipt')
    .option('--reason <reason>', 'why, as an identifier that stays: ticket:8812')
    .option('--yes', 'do not ask for a confirmation')
    .option('--no-wait', 'do not wait for the receipt')
    .option('--status', 'erase nothing: print what was asked for, and the receipt')
    .action(
      calls<EraseOptions>(terminal, async (call, options, partner) => {
        const path = `/v1/partners/${encodeURIComponent(partner)}`;
        const { signal } = terminal;
        const current = (): Promise<Erasure> => call.api.request<Erasure>(`${path}/erasure`, { signal });
        if (options.status) return print(await current(), call.out);
        const { reason } = options;
        if (reason === undefined) throw usageError('erase needs --reason, as ticket:8812.');
        if (!options.yes) await confirm(terminal, partner);
        const body = { reason };
        const asked = await call.api.request<Erasure>(path, { method: 'DELETE', body, signal });
        await print(options.wait ? await outcome(call, asked, current) : asked, call.out);
      }),
    );
}

async function confirm({ stdin, stderr, signal }: Terminal, partner: string): Promise<void> {
  if (stdin.isTTY !== true) throw usageError('There is no terminal to ask for a confirmation: use --yes.');
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const question = `All data of ${safeText(partner)} will be deleted irreversibly. Type the partner's id to continue: `;
    const answer = await lines.question(question, { signal });
    if (answer.trim() !== partner) throw new Failure('Nothing was erased.');
  } finally {
    lines.close();
  }
}

/** The outcome: the receipt, or why it has to wait. */
async function outcome(
  { out, terminal }: Call,
  asked: Erasure,
  current: () => Promise<Erasure>,
): Promise<Erasure> {
  let erasure = asked;
  if (erasure.status === 'in_progress')
    out.note('Waiting for the receipt. Ctrl-C ends the waiting, not the erasure.');
  while (erasure.status === 'in_progress') {
    await sleep(pollMs, undefined, { signal: terminal.signal });
    erasure = await current();
  }
  return erasure;
}

async function print(erasure: Erasure, out: Output): Promise<void> {
  const { receipt, ...asked } = erasure;
  await out.document(erasure, () => {
    if (receipt === null) return out.fields(asked);
    const { checked, ...facts } = receipt;
    return [...out.fields({ ...asked, receipt: facts }), '', ...out.tableLines(checked, checkedColumns)];
  });
  if (erasure.status === 'restricted') out.note('The data have to be kept until then, and are restricted.');
}
