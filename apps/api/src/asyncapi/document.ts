import type { Declarations, DeclaredTopic } from '#declarations';
import type { JsonSchema } from '#messaging';
import {
  conversationSchemas,
  conversationTopic,
  deadLetterReasons,
  deadLetterTopic,
  inquiryReplySchema,
  inquiryReplyType,
  inquiryRequestSchema,
  inquiryRequestType,
  nameLimit,
  readTopics,
  repliesTopic,
  requestsTopic,
} from '#messaging';

type Members = { readonly [name: string]: unknown };

const cloudEvent = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: {
      type: 'string',
      minLength: 1,
      maxLength: nameLimit,
      description: 'Together with the source it identifies the event: a repetition has no effect.',
    },
    source: { type: 'string', minLength: 1, maxLength: nameLimit },
    type: { type: 'string' },
    time: { type: 'string', format: 'date-time' },
    subject: { type: 'string' },
    datacontenttype: { type: 'string' },
    partitionkey: { type: 'string' },
    correlationid: {
      type: 'string',
      description: 'For a request: that of the command that opened the inquiry.',
    },
    traceparent: { type: 'string', description: 'For a request: the W3C trace context of that command.' },
  },
} as const;

const deadLetterHeaders = {
  type: 'object',
  required: ['dead_letter_topic', 'dead_letter_partition', 'dead_letter_offset', 'dead_letter_reason'],
  properties: {
    dead_letter_topic: { type: 'string', description: 'Where the message was found.' },
    dead_letter_partition: { type: 'string', pattern: '^\\d+$' },
    dead_letter_offset: { type: 'string', pattern: '^\\d+$' },
    dead_letter_reason: {
      enum: deadLetterReasons,
    },
    dead_letter_detail: { type: 'string' },
    dead_letter_failed_at: { type: 'string', format: 'date-time' },
  },
} as const;

/**
 * The access rule of a topic: Kafka's ACLs decide who may write and read it; a message acts as the system that its
 * topic is declared for.
 */
const byTopic = { 'x-access': { by: 'topic', role: 'system' } } as const;

/** The messages of a topic, by their names in the document. */
type Messages = { readonly [name: string]: Members };

interface Topic {
  readonly topic: string;
  readonly messages: Messages;
}

/** The AsyncAPI document of all topics: the declared ones and Turnstream's own. */
export function asyncApiDocument({ topics: declared, names }: Declarations): Members {
  const incoming = incomingTopics(declared);
  const dead = readTopics(names).map((topic): Topic => ({
    topic: deadLetterTopic(topic),
    messages: { dead_letter: deadLetter() },
  }));
  const topics: Topic[] = [
    ...incoming,
    { topic: repliesTopic, messages: { [inquiryReplyType]: message(inquiryReplyType, inquiryReplySchema) } },
    { topic: conversationTopic, messages: conversation() },
    ...names.sources.map((source) => ({
      topic: requestsTopic(source),
      messages: { [inquiryRequestType]: message(inquiryRequestType, inquiryRequestSchema) },
    })),
    ...dead,
  ];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Turnstream: topics',
      version: '1.0.0',
      description:
        'The events that Turnstream receives from other systems, the requests that it sends to them, and the events that ' +
        'it publishes about conversations. CloudEvents 1.0, JSON, in structured or binary mode, unless a topic is ' +
        'declared as plain JSON. See connect-a-service.md for an example.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(topics.map(channelOf)),
    operations: operations(declared, names),
    components: {
      messages: Object.assign({}, ...topics.map(({ messages }) => messages)) as Messages,
      schemas: { cloud_event: cloudEvent },
    },
  };
}

/**
 * A message is named by its type; also by its topic if another message has that name, or if the type has characters
 * that names cannot have.
 */
function incomingTopics(declared: Declarations['topics']): Topic[] {
  const taken = new Set([
    'dead_letter',
    inquiryReplyType,
    inquiryRequestType,
    ...Object.keys(conversationSchemas),
  ]);
  return Object.entries(declared).map(([topic, declaration]) => {
    const messages = Object.entries(declaration.types).map(([type, { schema }]): [string, Members] => {
      const longer = `${topic}.${type.replaceAll(/[^\w.-]/g, '_')}`;
      const name = nameOf(/^[\w.-]+$/.test(type) ? [type, longer] : [longer], taken);
      const isPlain = declaration.format === 'json';
      return [name, isPlain ? plainMessage(type, schema, declaration) : message(type, schema)];
    });
    return { topic, messages: Object.fromEntries(messages) };
  });
}

/** The first free name of these, or the last one with a suffix; reserves it. */
function nameOf(choices: readonly string[], taken: Set<string>): string {
  let name = choices.find((choice) => !taken.has(choice)) ?? `${choices.at(-1)}_`;
  while (taken.has(name)) name += '_';
  taken.add(name);
  return name;
}

function conversation(): Messages {
  return Object.fromEntries(
    Object.entries(conversationSchemas).map(([type, schema]) => [type, message(type, schema)]),
  );
}

function message(type: string, data: JsonSchema): Members {
  const payload = {
    allOf: [
      { $ref: '#/components/schemas/cloud_event' },
      { type: 'object', required: ['data'], properties: { type: { const: type }, data } },
    ],
  };
  return { name: type, contentType: 'application/cloudevents+json', payload };
}

/** Its summary says where it has the id, type and time that a CloudEvent has in its envelope. */
function plainMessage(name: string, payload: JsonSchema, { id, type, time }: DeclaredTopic): Members {
  const places = Object.entries({ id, type, time }).flatMap(([what, place]) => {
    if (place === undefined) return [];
    return `the ${what} ${'pointer' in place ? `at ${place.pointer}` : `in the header ${place.header}`}`;
  });
  return { name, summary: `Plain JSON: ${places.join(', ')}`, contentType: 'application/json', payload };
}

function deadLetter(): Members {
  const summary =
    'A message that could not be processed: its own key, value and headers, and where and why in further headers';
  return { name: 'dead_letter', summary, headers: deadLetterHeaders, payload: {} };
}

function channelOf({ topic, messages }: Topic): [string, Members] {
  const references = Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]);
  return [channelName(topic), { address: topic, messages: Object.fromEntries(references) }];
}

function operations(declared: Declarations['topics'], names: Declarations['names']): Members {
  const taken = new Set(['receive_replies']);
  const receive = Object.entries(declared).map(([topic, { system }]) => [
    nameOf(receiveNames(topic, system, declared), taken),
    {
      action: 'receive',
      channel: channel(topic),
      summary: 'Recorded in every live session that it concerns',
      ...byTopic,
    },
  ]);
  const ask = names.sources.map((source) => [
    `ask_${source}`,
    {
      action: 'send',
      channel: channel(requestsTopic(source)),
      reply: { channel: channel(repliesTopic) },
      ...byTopic,
    },
  ]);
  const deadLetters = readTopics(names).map((topic) => [
    `dead_letter_${channelName(topic)}`,
    { action: 'send', channel: channel(deadLetterTopic(topic)), ...byTopic },
  ]);
  const publish = [
    'publish_conversation_events',
    { action: 'send', channel: channel(conversationTopic), ...byTopic },
  ];
  const replies = ['receive_replies', { action: 'receive', channel: channel(repliesTopic), ...byTopic }];
  return Object.fromEntries([...receive, replies, ...ask, publish, ...deadLetters]) as Members;
}

/** Named by the system, or by the topic if the system has several. */
function receiveNames(topic: string, system: string, declared: Declarations['topics']): string[] {
  const ofSystem = Object.values(declared).filter((other: DeclaredTopic) => other.system === system);
  const byTopic = `receive_${channelName(topic)}`;
  return ofSystem.length === 1 ? [`receive_${system}`, byTopic] : [byTopic];
}

function channel(topic: string): Members {
  return { $ref: `#/channels/${channelName(topic)}` };
}

function channelName(topic: string): string {
  return topic.replaceAll('.', '_');
}
