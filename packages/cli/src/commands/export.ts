import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import { download } from '../api/download.ts';
import { resumedDownload } from '../api/resumed-download.ts';
import type { CommonOptions } from '../api/settings.ts';
import { Failure, usageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand } from './define.ts';
import type { FilterOptions } from './filters.ts';
import { filterOf, withPeriod } from './filters.ts';

interface ExportOptions
  extends
    CommonOptions,
    Pick<FilterOptions, 'from' | 'to' | 'partner' | 'channel' | 'session' | 'intent' | 'sender'> {
  readonly format: string;
  readonly gzip?: boolean;
  readonly output?: string;
  readonly resume?: string;
  readonly wait: boolean;
}

/** An export, as the API describes it. */
interface Export {
  readonly export_id: string;
  readonly status: 'waiting' | 'running' | 'done' | 'failed' | 'withdrawn' | 'deleted' | 'expired';
  readonly failure: string | null;
  readonly masked: boolean;
  readonly rows: number;
  readonly bytes: number;
  readonly until: string;
  readonly projected_until: string | null;
  readonly sha256: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

const pollMs = 500;
const manifestName = 'manifest.json';

/** `turnstream export FORM` */
export function exportCommand(terminal: Terminal): Command {
  const command = apiCommand('export', 'Export turns, sessions, events or conversations into files')
    .addArgument(new Argument('[form]', 'what a row is').choices(['turns', 'sessions', 'events', 'training']))
    .addOption(
      new Option('--format <format>', 'of the files').choices(['ndjson', 'csv', 'parquet']).default('ndjson'),
    )
    .option('--gzip', 'compress NDJSON and CSV');
  return withPeriod(command)
    .option('--partner <id>', 'of this partner')
    .option('--channel <name>', 'on this channel')
    .option('--session <id>', 'turns of this session')
    .option('--intent <name>', 'turns with this intent')
    .addOption(new Option('--sender <sender>', 'turns of this sender').choices(['user', 'bot']))
    .option('-o, --output <folder>', 'where the files go; default export-<id>')
    .option('--resume <id>', 'go on with an export that was begun, in place of a new one')
    .option('--no-wait', 'only start it, and print its id')
    .action(
      calls<ExportOptions>(terminal, async (call, options, form) => {
        const begun = await begin(call, options, form);
        if (!options.wait) return call.out.document(begun);
        await fetchFiles(call, await done(call, begun), options.output ?? `export-${begun.export_id}`);
      }),
    );
}

/** With an id of our own, so that a repeated request does not start a second export. */
async function begin({ api, out, terminal }: Call, options: ExportOptions, form?: string): Promise<Export> {
  const { signal } = terminal;
  const { resume, format, gzip } = options;
  if (resume !== undefined)
    return api.request<Export>(`/v1/exports/${encodeURIComponent(resume)}`, { signal });
  if (form === undefined)
    throw usageError('export needs a form (turns, sessions, events, training) or --resume.');
  if (options.from === undefined) throw usageError('export needs --from.');
  const filter = filterOf(options);
  const body = { export_id: randomUUID(), form, format, ...(gzip && { gzip }), ...filter };
  const begun = await api.request<Export>('/v1/exports', { method: 'POST', body, signal });
  out.note(`Export ${begun.export_id}. If this ends early: turnstream export --resume ${begun.export_id}`);
  if (begun.masked) out.note('Personal values are masked.');
  if (begun.projected_until === null)
    out.note('It is unknown up to which time the tables are complete: rows may be missing.');
  return begun;
}

async function done({ api, out, terminal }: Call, begun: Export): Promise<Export> {
  let current = begun;
  while (current.status === 'waiting' || current.status === 'running') {
    await sleep(pollMs, undefined, { signal: terminal.signal });
    const { rows } = current;
    current = await api.request<Export>(`/v1/exports/${begun.export_id}`, { signal: terminal.signal });
    if (current.rows > rows) out.note(`${current.rows} rows`);
  }
  const { status, failure } = current;
  if (status !== 'done')
    throw new Failure(`The export is ${status}${failure === null ? '' : `: ${failure}`}.`);
  return current;
}

/** The manifest is written last: if it exists, all files are complete. */
async function fetchFiles(
  call: Call,
  { export_id, files, rows, sha256 }: Export,
  folder: string,
): Promise<void> {
  const { api, out, terminal } = call;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name, ...expected } of files)
    await resumedDownload(call, export_id, name, join(folder, safeName(name)), expected);
  const { body } = await api.stream(`/v1/exports/${export_id}/files/${manifestName}`, {
    signal: terminal.signal,
  });
  await download(body, join(folder, manifestName));
  await out.document({ export_id, folder, files: files.length, rows, sha256 });
}

/** The names come from the API, the folder is ours. */
function safeName(name: string): string {
  if (!/^\w[\w.-]*$/.test(name)) throw new Failure('The export has a file with an unsafe name.');
  return name;
}
