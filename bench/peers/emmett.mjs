/** Emmett: a conversation is a stream, a command folds it and appends the user's message and the bot's reply. */
import { randomUUID } from 'node:crypto';
import { CommandHandler } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { messagesShown, serve } from './serve.mjs';

const store = getPostgreSQLEventStore(process.env['PEER_DATABASE_URL'] ?? '');
await store.schema.migrate();

const initialState = () => ({ message_count: 0, recent_messages: [] });

const evolve = ({ message_count, recent_messages }, { type, data }) => ({
  message_count: message_count + 1,
  recent_messages: [...recent_messages.slice(1 - messagesShown), { type, ...data }],
});

/** Both events of a turn, which one append stores. */
const eventsOf = ({ response_text, ...message }) => {
  const recorded_at = new Date().toISOString();
  return [
    { type: 'MessageReceived', data: { message_id: randomUUID(), ...message, recorded_at } },
    { type: 'ReplySent', data: { message_id: randomUUID(), message_text: response_text, recorded_at } },
  ];
};

const streamOf = (id) => `conversation-${id}`;
const handle = CommandHandler({ evolve, initialState, mapToStreamId: streamOf });

await serve({
  begin: async (turns, turn) => {
    const id = randomUUID();
    const events = Array.from({ length: turns }, () => eventsOf(turn)).flat();
    await store.appendToStream(streamOf(id), events);
    return id;
  },
  record: async (id, turn) => {
    const { nextExpectedStreamVersion } = await handle(store, id, () => eventsOf(turn));
    return { id, revision: Number(nextExpectedStreamVersion) };
  },
  read: async (id) => {
    const { state, currentStreamVersion } = await store.aggregateStream(streamOf(id), {
      evolve,
      initialState,
    });
    return { id, revision: Number(currentStreamVersion), ...state };
  },
});
