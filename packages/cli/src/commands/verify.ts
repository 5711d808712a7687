import type { SessionRow } from '@turnstream/sdk';
import type { Command } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import { mapAtOnce } from '../api/map-at-once.ts';
import { listed } from '../api/pages.ts';
import type { CommonOptions } from '../api/settings.ts';
import { Failure, usageError } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { textOf } from '../output/text.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, sessionPath } from './define.ts';

interface VerifyOptions extends CommonOptions {
  readonly all?: boolean;
  readonly partner?: string;
}

interface Verification {
  readonly session_id: string;
  readonly intact: boolean;
  readonly events: number;
  readonly revision: number;
  readonly sealed_to: number | null;
  readonly faults: readonly {
    readonly kind: string;
    readonly revision: number;
    readonly event_id?: string;
    readonly detail: string;
  }[];
  /** Absent: the API is of an earlier release. */
  readonly root_faults?: readonly {
    readonly number: number;
    readonly kind: string;
    readonly detail: string;
  }[];
  readonly gaps: readonly {
    readonly kind: string;
    readonly from: number;
    readonly to: number;
    readonly reason?: string;
  }[];
}

const atOnce = 4;

/** `turnstream verify ID`, `turnstream verify --all` */
export function verifyCommand(terminal: Terminal): Command {
  return apiCommand('verify [session]', 'Check that no event of a session, or of all, was changed')
    .option('--all', 'every session that is listed')
    .option('--partner <id>', 'every session of this partner')
    .addHelpText('after', '\nExits with 1 when something was changed, or cannot be proven.')
    .action(
      calls<VerifyOptions>(terminal, async (call, { all, partner }, id) => {
        const isOne = id !== undefined;
        if (isOne === (all === true || partner !== undefined))
          throw usageError('verify needs a session, or --all, or --partner.');
        if (isOne) return verifyOne(call, id);
        await verifyMany(call, partner);
      }),
    );
}

async function verifyOne(call: Call, id: string): Promise<void> {
  const report = await verification(call, id);
  await call.out.document(report, (shown) => linesOf(shown, call.out));
  if (report.intact) return;
  throw new Failure(
    isUnproven(report)
      ? 'The history is not proven: a signed root that may cover it has a fault.'
      : 'The history was changed.',
  );
}

/** Whether nothing is known to be changed, but a faulty root may hide a change. */
function isUnproven({ intact, faults }: Verification): boolean {
  return !intact && faults.length === 0;
}

/** In the order of the list, a few at a time; for people, only sessions with faults are shown. */
async function verifyMany(call: Call, partner: string | undefined): Promise<void> {
  const { out } = call;
  const query = { partner_id: partner, forks: 'include' };
  const rows = listed<SessionRow>(call, '/v1/sessions', { query, limit: Infinity });
  let [sessions, events, changed, unproven] = [0, 0, 0, 0];
  for await (const report of mapAtOnce(rows, atOnce, ({ session_id }) => verification(call, session_id))) {
    sessions += 1;
    events += report.events;
    if (isUnproven(report)) unproven += 1;
    else if (!report.intact) changed += 1;
    if (out.isJson) await out.line(JSON.stringify(report));
    else if (!report.intact) for (const line of linesOf(report, out)) await out.line(line);
  }
  const more = unproven === 0 ? '' : `, ${unproven} not proven`;
  out.note(`${events} events of ${sessions} sessions checked, ${changed} sessions changed${more}.`);
  if (changed > 0) throw new Failure('Histories were changed.');
  if (unproven > 0)
    throw new Failure('Histories are not proven: signed roots that may cover them have faults.');
}

function verification({ api, terminal }: Call, id: string): Promise<Verification> {
  return api.request<Verification>(sessionPath(id, '/verification'), { signal: terminal.signal });
}

function linesOf(report: Verification, out: Output): string[] {
  const { session_id, events, revision, faults, root_faults = [], gaps } = report;
  const { bold, red, yellow } = out.colors;
  return [
    `${bold(session_id)}  ${verdictOf(report, out)}  ${events} events to revision ${revision}, ${sealOf(report)}`,
    ...faults.map(({ kind, revision: at, event_id, detail }) =>
      [`  ${red(textOf(kind))}`, `revision ${at}`, textOf(event_id), textOf(detail)].join('  '),
    ),
    ...root_faults.map(({ number, kind, detail }) =>
      [`  ${red(textOf(kind))}`, `root ${number}`, textOf(detail)].join('  '),
    ),
    ...gaps.map(
      ({ kind, from, to, reason }) =>
        `  ${yellow(textOf(kind))}  revisions ${from} to ${to}${reason === undefined ? '' : `, by ${textOf(reason)}`}`,
    ),
  ];
}

function verdictOf(report: Verification, { colors }: Output): string {
  if (report.intact) return colors.green('intact');
  return colors.red(isUnproven(report) ? 'not proven' : 'changed');
}

function sealOf({ sealed_to, root_faults = [] }: Verification): string {
  if (sealed_to !== null) return `signed up to revision ${sealed_to}`;
  return root_faults.length === 0 ? 'no signed root covers it yet' : 'no signed root covers it verifiably';
}
