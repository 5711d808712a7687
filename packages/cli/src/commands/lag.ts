import type { Command } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import type { Column } from '../output/columns.ts';
import type { Output } from '../output/output.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand } from './define.ts';

interface LagOptions extends CommonOptions {
  readonly max?: number;
}

interface Partition {
  readonly slot: number;
  readonly owner: string | null;
  readonly lag_s: number | null;
  readonly position: string | null;
  readonly ahead_of_store: boolean;
}

interface Ready {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly error?: string }>>;
  readonly details?: { readonly projections?: readonly Partition[] | { readonly error: string } };
}

type Check = readonly [string, Ready['checks'][string]];

const partitionColumns: readonly Column<Partition>[] = [
  { title: 'PARTITION', value: ({ slot }) => slot },
  { title: 'LAG', value: ({ lag_s }) => (lag_s === null ? null : `${lag_s} s`) },
  { title: 'OWNER', value: ({ owner }) => owner },
  { title: 'POSITION', value: ({ position }) => position },
  { title: 'NOTE', value: (partition) => noteOf(partition), kind: 'rest' },
];
const checkColumns: readonly Column<Check>[] = [
  { title: 'SERVICE', value: ([name]) => name },
  { title: 'STATE', value: ([, { status }]) => status, kind: 'state' },
  { title: 'WHY', value: ([, { error }]) => error, kind: 'rest' },
];

/** `turnstream lag` */
export function lagCommand(terminal: Terminal): Command {
  return apiCommand('lag', 'Show how far the tables are behind the event store, and which services answer')
    .option('--max <seconds>', 'exit with 1 when a partition is further behind, or has no owner', seconds)
    .action(
      calls<LagOptions>(terminal, async (call, { max }) => {
        const ready = await readyOf(call);
        await call.out.document(ready, (document) => linesOf(document, call.out));
        if (max !== undefined) assertWithin(partitionsOf(ready), max);
      }),
    );
}

/** The document is the same with 200 and 503, and needs no token. */
async function readyOf({ settings, terminal }: Call): Promise<Ready> {
  const url = `${settings.url.replace(/\/$/, '')}/health/ready`;
  let text: string;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([terminal.signal, AbortSignal.timeout(10_000)]),
    });
    text = await response.text();
  } catch (error) {
    const { message } = ((error as Error).cause ?? error) as Error;
    throw new Failure(`The API cannot be reached: ${url}: ${message}`, exitCodes.unreachable);
  }
  try {
    const ready = JSON.parse(text) as Partial<Ready>;
    if (ready.status !== undefined && ready.checks !== undefined) return ready as Ready;
  } catch {
    // Not JSON: see below.
  }
  throw new Failure(`${url} did not answer as Turnstream does.`, exitCodes.unreachable);
}

function partitionsOf({ details }: Ready): readonly Partition[] {
  const projections = details?.projections;
  return Array.isArray(projections) ? (projections as readonly Partition[]) : [];
}

function linesOf(ready: Ready, out: Output): string[] {
  const partitions = partitionsOf(ready);
  const checks = out.tableLines(Object.entries(ready.checks), checkColumns);
  if (partitions.length === 0) return [...checks, '', 'The partitions are unknown.'];
  return [...checks, '', ...out.tableLines(partitions, partitionColumns)];
}

function noteOf({ owner, ahead_of_store }: Partition): string {
  if (ahead_of_store) return 'ahead of the event store, which was restored: npm run rebuild';
  return owner === null ? 'no projector' : '';
}

function assertWithin(partitions: readonly Partition[], max: number): void {
  if (partitions.length === 0) throw new Failure('The partitions are unknown.');
  const late = partitions.filter(({ lag_s, owner }) => owner === null || (lag_s ?? Infinity) > max);
  if (late.length > 0)
    throw new Failure(`Behind by more than ${max} s, or without a projector: ${late.length} partitions.`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0))
    throw usageError(`--max must be a number of seconds, not ${text}.`);
  return value;
}
