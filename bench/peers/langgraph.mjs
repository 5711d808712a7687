/**
 * LangGraph: a conversation is a thread of a graph with one node, which replies to the user's message with the bot's
 * reply.
 */
import { randomUUID } from 'node:crypto';
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { messagesShown, serve } from './serve.mjs';

const checkpointer = PostgresSaver.fromConnString(process.env['PEER_DATABASE_URL'] ?? '');
await checkpointer.setup();

const userMessage = ({ message_text, sender, parsed_intent, intent_confidence, extracted_entities }) => {
  const additional_kwargs = { sender, parsed_intent, intent_confidence, extracted_entities };
  return new HumanMessage({ content: message_text, additional_kwargs });
};
const reply = (text) => new AIMessage(text);

const graph = new StateGraph(MessagesAnnotation)
  .addNode('reply', (_, { context }) => ({ messages: [reply(context.response_text)] }))
  .addEdge(START, 'reply')
  .compile({ checkpointer });

const threadOf = (id) => ({ configurable: { thread_id: id } });

await serve({
  begin: async (turns, turn) => {
    const id = randomUUID();
    const messages = Array.from({ length: turns }, () => [
      userMessage(turn),
      reply(turn.response_text),
    ]).flat();
    await graph.updateState(threadOf(id), { messages }, 'reply');
    return id;
  },
  record: async (id, turn) => {
    const context = { response_text: turn.response_text };
    const { messages } = await graph.invoke({ messages: [userMessage(turn)] }, { ...threadOf(id), context });
    return { id, revision: messages.length };
  },
  read: async (id) => {
    const { messages } = (await graph.getState(threadOf(id))).values;
    const recent_messages = messages
      .slice(-messagesShown)
      .map(({ id, type, content, additional_kwargs }) => ({ id, type, content, ...additional_kwargs }));
    return { id, message_count: messages.length, recent_messages };
  },
});
