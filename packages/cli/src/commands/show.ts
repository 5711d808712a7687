import type { Context, SessionDetails } from '@turnstream/sdk';
import type { Command } from 'commander';
import type { Call } from '../api/call.ts';
import { calls } from '../api/call.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Column } from '../output/columns.ts';
import type { Output } from '../output/output.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand, sessionPath } from './define.ts';

interface Shown {
  readonly session: SessionDetails;
  readonly context: Context;
}

type RecentTurn = Context['short_term_memory']['recent_turns'][number];

const turnColumns: readonly Column<RecentTurn>[] = [
  { title: 'TIME', value: ({ timestamp }) => timestamp, kind: 'time' },
  { title: 'FROM', value: ({ sender }) => sender },
  { title: 'INTENT', value: ({ parsed_intent }) => parsed_intent },
  { title: 'TEXT', value: ({ message_text }) => message_text, kind: 'rest' },
];

/** `turnstream show ID` */
export function showCommand(terminal: Terminal): Command {
  return apiCommand('show <session>', 'Show a session: who, where it stands, what was said last').action(
    calls<CommonOptions>(terminal, async (call, _, id) => {
      const { out } = call;
      await out.document(await read(call, id), (shown) => linesOf(shown, out));
    }),
  );
}

async function read({ api, terminal }: Call, id: string): Promise<Shown> {
  const { signal } = terminal;
  const [session, context] = await Promise.all([
    api.request<SessionDetails>(sessionPath(id), { signal }),
    api.request<Context>(sessionPath(id, '/context'), { signal }),
  ]);
  return { session, context };
}

function linesOf({ session, context }: Shown, out: Output): string[] {
  const { goal_state: goal, order_tracking: order, short_term_memory: memory } = context;
  const flags = Object.entries(context.conversation_flags)
    .filter(([name, value]) => value !== false && value !== 0 && !(name === 'handoff' && value === 'none'))
    .map(([name, value]) => (value === true ? name : `${name}=${String(value)}`));
  const summary = {
    ...session,
    goal: [goal.current_goal, goal.step, goal.status].filter(Boolean).join(' · '),
    suspended: goal.stack.map((suspended) => suspended.goal).join(', '),
    flags: flags.join(', '),
    order: order === null ? null : [order.order_id, order.status].filter(Boolean).join(' · '),
    open_inquiries: context.inquiries.open.length,
    preferred_language: memory.preferred_language,
  };
  const turns = memory.recent_turns;
  return [...out.fields(summary), ...(turns.length > 0 ? ['', ...out.tableLines(turns, turnColumns)] : [])];
}
