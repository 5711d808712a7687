import type { CommandItem } from '@turnstream/sdk';
import { Failure } from '../shared/failure.ts';
import type { Conversation, Fields } from './conversation.ts';
import { object, sessionOf, text, turnId } from './conversation.ts';

interface Message {
  readonly role: string;
  text: string;
}

/** The conversations of a tau-bench file (JSON lines): the tools' answers become external updates. */
export function readConversations(file: string, lines: readonly string[]): Conversation[] {
  return lines.map((line, index) => {
    const place = `${file}: line ${index + 1}`;
    const display = text(object(parse(line, place), place)['messages_display'], `${place}: messages_display`);
    const messages = messagesOf(display);
    if (messages.length === 0) throw new Failure(`${place}: no line starts with user:, assistant: or tool:.`);
    const session = sessionOf(file, String(index), partnerOf(messages) ?? `tau-${index}`);
    return { ...session, steps: stepsOf(messages, session.session_id) };
  });
}

function parse(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Failure(`${place} is not JSON.`);
  }
}

/** Messages begin with their role; lines without one continue the previous message. */
function messagesOf(display: string): Message[] {
  const messages: Message[] = [];
  for (const line of display.split('\n')) {
    const [, role, rest = ''] = /^(user|assistant|tool): ?(.*)$/s.exec(line) ?? [];
    const last = messages.at(-1);
    if (role !== undefined) messages.push({ role, text: rest });
    else if (last !== undefined) last.text += `\n${line}`;
  }
  return messages;
}

/** The customer, once the assistant has looked them up: `isabella_lopez_6490`. */
function partnerOf(messages: readonly Message[]): string | undefined {
  return messages.find(({ role, text }) => role === 'tool' && /^[a-z]+_[a-z]+_\d+$/.test(text))?.text;
}

/** `None` from the assistant is a tool call, not a turn; the answer follows as the tool's message. */
function stepsOf(messages: readonly Message[], sessionId: string): CommandItem[][] {
  let asked: string | undefined;
  return messages.flatMap(({ role, text: said }, index): CommandItem[][] => {
    const source_event_id = `${sessionId}:${index}`;
    if (role === 'tool') return [[{ type: 'RecordExternalUpdate', ...answerOf(said), source_event_id }]];
    if (said === '' || (role === 'assistant' && said === 'None')) return [];
    const turn_id = turnId(sessionId, index);
    if (role === 'user') {
      asked = turn_id;
      const order_id = /#W\d+/.exec(said)?.[0];
      const extracted_entities = order_id === undefined ? {} : { order_id };
      return [[{ type: 'RecordTurn', sender: 'user', message_text: said, turn_id, extracted_entities }]];
    }
    const reply = asked === undefined ? {} : { in_reply_to: asked };
    return [[{ type: 'RecordTurn', sender: 'bot', message_text: said, turn_id, ...reply }]];
  });
}

function answerOf(said: string): { system: string; kind: string; reference?: string; data: Fields } {
  const answer = jsonObject(said);
  if (typeof answer?.['order_id'] === 'string')
    return { system: 'orders', kind: 'order_details', reference: answer['order_id'], data: answer };
  if (typeof answer?.['email'] === 'string')
    return { system: 'users', kind: 'user_details', reference: answer['email'], data: answer };
  return { system: 'tools', kind: 'answer', data: answer ?? { text: said } };
}

function jsonObject(said: string): Fields | undefined {
  if (!said.startsWith('{')) return undefined;
  try {
    return JSON.parse(said) as Fields;
  } catch {
    return undefined;
  }
}
