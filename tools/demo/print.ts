import { styleText } from 'node:util';
import type { CommandItem, Context, RecordedEvent, SessionRow, TurnRow } from '@turnstream/sdk';
import type { Scene } from './story.ts';

const dim = (text: string): string => styleText('dim', text);
const bold = (text: string): string => styleText('bold', text);
const label = (text: string): string => dim(`  ${text.padEnd(9)} `);
const margin = `\n${' '.repeat(12)}`;

export function printTitle(text: string): void {
  console.log(`\n${bold(text)}`);
}

export function printScene(number: number, { title, channel, commands }: Scene, name: string): void {
  console.log(`\n${styleText('cyan', `━━ ${number}. ${title}`)} ${dim(`(${channel})`)}`);
  for (const command of commands) printSaid(command, name);
}

function printSaid(command: CommandItem, name: string): void {
  if (command.type === 'RecordExternalUpdate')
    console.log(`  ${styleText('magenta', command.system)}: ${JSON.stringify(command.data)}`);
  if (command.type !== 'RecordTurn') return;
  const [who, colour] = command.sender === 'user' ? [name, 'yellow' as const] : ['bot', 'green' as const];
  console.log(`  ${styleText(colour, who)}: ${command.message_text}`);
  if (command.response_text) console.log(`  ${styleText('green', 'bot')}: ${command.response_text}`);
}

export function printAppended(events: readonly RecordedEvent[]): void {
  const lines = events.map(({ revision, type, data }) => {
    const shown = Object.entries(data).filter(([name, value]) => shownFields.has(name) && value !== null);
    return `${String(revision).padStart(2)} ${type} ${dim(shown.map(([, value]) => text(value)).join(' · '))}`;
  });
  console.log(label('appended') + lines.join(margin));
}

/** The fields of an event that are printed. */
const shownFields = new Set([
  'goal',
  'step',
  'sender',
  'parsed_intent',
  'channel',
  'name',
  'value',
  'flag',
  'kind',
  'reference',
  'bot_action',
  'reason',
  'language',
]);

export function printContext(context: Context, before: Context | undefined): void {
  const old = before && facts(before);
  const parts = Object.entries(facts(context)).map(([name, value]) => {
    const shown = `${name} ${value}`;
    return old === undefined || old[name] === value ? shown : styleText('underline', shown);
  });
  const half = Math.ceil(parts.length / 2);
  const rows = [parts.slice(0, half), parts.slice(half)].map((part) => part.join(dim(' · ')));
  console.log(label('context') + rows.join(margin));
}

function facts(context: Context): Record<string, string> {
  const { goal_state, order_tracking, conversation_flags, short_term_memory, session } = context;
  const flags = Object.entries(conversation_flags)
    .filter(([, value]) => value !== false && value !== 0 && value !== 'none')
    .map(([name, value]) => (value === true ? name : `${name}=${text(value)}`));
  const goal = [goal_state.current_goal, goal_state.step].filter((item) => item !== null);
  return {
    revision: String(context.revision),
    channel: session.channel,
    language: short_term_memory.preferred_language,
    goal: goal.join('/') || '–',
    waiting: goal_state.stack.map((item) => item.goal).join(', ') || '–',
    order: order_tracking === null ? '–' : `${order_tracking.order_id} ${order_tracking.status ?? '?'}`,
    flags: flags.join(', ') || '–',
  };
}

export function printRows(session: SessionRow, turns: readonly TurnRow[]): void {
  const lines = turns.map(({ sender, message_text, response_text, parsed_intent }) =>
    [
      'conversation_turn   ',
      sender.padEnd(4),
      parsed_intent ?? '–',
      cut(message_text),
      ...(response_text === null ? [] : [`→ ${cut(response_text)}`]),
    ].join(dim(' | ')),
  );
  const { channel, status, current_task, language, revision } = session;
  const row = [
    'conversation_session',
    channel,
    status,
    current_task ?? '–',
    language,
    `revision ${revision}`,
  ];
  console.log(label('rows') + [...lines, row.join(dim(' | '))].join(margin));
}

function cut(words: string): string {
  const letters = Array.from(words);
  return letters.length > 32 ? `${letters.slice(0, 31).join('')}…` : words;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
