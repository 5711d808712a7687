import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Output } from '../output/output.ts';
import { textOf } from '../output/text.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand } from './define.ts';
import { actorOf } from './event-lines.ts';

interface TraceNode {
  readonly kind: string;
  readonly type: string;
  readonly session_id: string | null;
  readonly revision: number | null;
  readonly created: string;
  readonly actor: unknown;
  /** Left out by an older API, as the next one. */
  readonly forked_from?: string | null;
  readonly published?: boolean | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly children: readonly TraceNode[];
}

interface Trace {
  readonly correlation_id: string;
  readonly session_ids: readonly string[];
  readonly events: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly truncated: boolean;
  readonly children: readonly TraceNode[];
}

/** `turnstream trace CORRELATION` */
export function traceCommand(terminal: Terminal): Command {
  return apiCommand(
    'trace <correlation>',
    'Show everything that one message set off, as a tree with times',
  ).action(
    calls<CommonOptions>(terminal, async ({ api, out }, _, correlation) => {
      const path = `/v1/trace/${encodeURIComponent(correlation)}`;
      const trace = await api.request<Trace>(path, { signal: terminal.signal });
      await out.document(trace, (shown) => linesOf(shown, out));
      if (trace.truncated) out.note('There is more than what is shown.');
    }),
  );
}

function linesOf(trace: Trace, out: Output): string[] {
  const { session_ids: sessions, events, started_at, ended_at } = trace;
  const took = Date.parse(ended_at) - Date.parse(started_at);
  return [
    `${out.time(started_at)}  ${events} events in ${sessions.length} sessions within ${took} ms`,
    ...branches(trace.children, (node) => lineOf(node, Date.parse(started_at), out)),
  ];
}

/** The lines of a node and its children. */
function branches(nodes: readonly TraceNode[], line: (node: TraceNode) => string): string[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const below = branches(node.children, line).map((inner) => `${isLast ? '   ' : '│  '}${inner}`);
    return [`${isLast ? '└─ ' : '├─ '}${line(node)}`, ...below];
  });
}

function lineOf(node: TraceNode, start: number, { colors }: Output): string {
  const { kind, type, session_id, revision, actor, forked_from, published, detail } = node;
  const place = session_id === null ? undefined : `${session_id.slice(0, 8)}@${revision ?? '?'}`;
  const details = Object.entries(detail).map(([name, value]) => `${textOf(name)}=${textOf(value)}`);
  const parts = [
    colors.dim(`+${Date.parse(node.created) - start} ms`),
    colors.cyan(textOf(type)),
    kind === 'event' ? undefined : kind,
    place,
    actorOf(actor),
    ...details,
    typeof forked_from === 'string' ? `fork of ${forked_from.slice(0, 8)}` : undefined,
    published === false ? 'not published yet' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}
