/**
 * The sample agent: one instance of a bot that answers questions about orders. Start as many as you like; when one
 * ends, the others take over its conversations. `node --import ./tools/register.mjs tools/demo/order-agent.ts`, with
 * TURNSTREAM_URL.
 */
import type { AgentStream, Update } from '@turnstream/sdk';
import { AgentReplaced, connectAgent } from '@turnstream/sdk';

const { TURNSTREAM_URL = 'http://127.0.0.1:3000', AGENT_NAME, AGENT_POOL = 'order-bots' } = process.env;
const say = (text: string): void => {
  process.send?.({ say: text });
};

const agent = await connectAgent({
  url: TURNSTREAM_URL.split(','),
  pool: AGENT_POOL,
  capacity: 50,
  ...(AGENT_NAME ? { instance: AGENT_NAME } : {}),
  onTakeover: (stream) => say(`takes the conversation over, epoch ${stream.epoch}`),
  onUpdate: handle,
});
process.on('message', ({ attach }: { attach: string }) => {
  void agent.attach(attach).then((stream) => say(`owns the conversation, epoch ${stream.epoch}`));
});
process.on('disconnect', () => process.exit(0));
say('is connected');

/** Updates are delivered at least once; the idempotency keys give the user each reply exactly once. */
async function handle(update: Update, stream: AgentStream): Promise<void> {
  const { type, data, event_id } = update.event;
  try {
    if (type === 'TurnRecorded' && data['sender'] === 'user') await ask(stream, data, event_id);
    if (type === 'InquiryAnswered') await answerSoFar(stream, data, event_id);
    if (type === 'InquiryClosed') await answer(stream, data['answer'], event_id);
  } catch (error) {
    if (!(error instanceof AgentReplaced)) throw error;
    say('is refused: another instance owns the conversation');
  }
}

async function ask(
  { session }: AgentStream,
  turn: Readonly<Record<string, unknown>>,
  event_id: string,
): Promise<void> {
  const { order_id } = turn['extracted_entities'] as { order_id?: string };
  if (order_id === undefined) return;
  const inquiry = { kind: 'order_status', subject: { order_id }, timeout_ms: 20_000 } as const;
  await session.openInquiry(inquiry, { key: `ask:${event_id}` });
  const message_text = "I'm fetching your order status, I'll update you in a moment.";
  const reply = { sender: 'bot', message_text, bot_action: 'fetch_order_status' } as const;
  await session.recordTurn(reply, { key: `fetching:${event_id}` });
}

/** Answers with the result of one source while another is still pending. */
async function answerSoFar(
  { session }: AgentStream,
  answered: Readonly<Record<string, unknown>>,
  event_id: string,
): Promise<void> {
  const { order_tracking, inquiries } = await session.context();
  const isOpen = inquiries.open.some(({ inquiry_id }) => inquiry_id === answered['inquiry_id']);
  const asked = (answered['requests'] as { source: string }[]).map(({ source }) => source);
  if (!isOpen || asked.length === 0) return;
  const status = order_tracking?.status?.replaceAll('_', ' ') ?? 'known';
  const message_text = `So far: ${order_tracking?.order_id} is ${status}. Asking ${asked.join(' and ')} now.`;
  const reply = { sender: 'bot', message_text, bot_action: 'tell_order_so_far' } as const;
  await session.recordTurn(reply, { key: `so_far:${event_id}` });
}

async function answer({ session }: AgentStream, found: unknown, event_id: string): Promise<void> {
  const { order_tracking } = await session.context();
  const status = order_tracking?.status?.replaceAll('_', ' ');
  const place = (found as { place?: string } | null)?.place;
  const message_text =
    found === null || status === undefined
      ? 'The order system does not answer. I have asked a colleague to check.'
      : `Your order ${order_tracking?.order_id} is ${status}${place ? `, in ${place}` : ''}.`;
  const reply = { sender: 'bot', message_text, bot_action: 'tell_order_status' } as const;
  await session.recordTurn(reply, { key: `told:${event_id}` });
}
