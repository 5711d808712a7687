import { format } from 'prettier';
import { inquirySources } from '#domain';
import type { JsonSchema } from '#messaging';
import {
  conversationSchemas,
  conversationTopic,
  deadLetterReasons,
  deadLetterTopic,
  eventsTopic,
  incomingSchemas,
  inquiryReplySchema,
  inquiryReplyType,
  inquiryRequestSchema,
  inquiryRequestType,
  nameLimit,
  readTopics,
  repliesTopic,
  requestsTopic,
  systems,
  topicPlans,
} from '#messaging';
import { loadBridgeConfig } from '../../apps/bridge/src/common/config.ts';

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
      description: 'Of a request: that of the command which opened the inquiry.',
    },
    traceparent: { type: 'string', description: 'Of a request: the W3C trace context of that command.' },
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

/** The AsyncAPI document of all topics, as text, from the schemas with which the code validates messages. */
export async function generateDocument(): Promise<string> {
  return format(JSON.stringify(asyncApiDocument()), { parser: 'json', printWidth: 110 });
}

function asyncApiDocument(): Members {
  const messages = { ...incoming(), ...inquiries(), ...conversation(), dead_letter: deadLetter() };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Turnstream: topics',
      version: '1.0.0',
      description:
        'The events that Turnstream receives from other systems, the requests that it sends to them, and the events that ' +
        'it publishes about conversations. CloudEvents 1.0, JSON, in structured or binary mode. See ' +
        'connect-a-service.md for an example.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: { kafka: { host: '127.0.0.1:9092', protocol: 'kafka' } },
    channels: channels(),
    operations: operations(),
    components: { messages, schemas: { cloud_event: cloudEvent } },
  };
}

function incoming(): Members {
  const entries = Object.entries(incomingSchemas).flatMap(([type, versions]) =>
    Object.entries(versions).map(([version, schema]) => [
      `${type}.v${version}`,
      message(`${type}.v${version}`, schema),
    ]),
  );
  return Object.fromEntries(entries) as Members;
}

function inquiries(): Members {
  return {
    [inquiryRequestType]: message(inquiryRequestType, inquiryRequestSchema),
    [inquiryReplyType]: message(inquiryReplyType, inquiryReplySchema),
  };
}

function conversation(): Members {
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

function deadLetter(): Members {
  const summary =
    'A message that could not be processed: its own key, value and headers, and where and why in further headers';
  return { name: 'dead_letter', summary, headers: deadLetterHeaders, payload: {} };
}

function channels(): Members {
  const plans = topicPlans(inquirySources, loadBridgeConfig({}).topics);
  const entries = plans.map(({ topic, partitions, replication, settings }) => {
    const types = typesOf(topic);
    const topicConfiguration = {
      'retention.ms': Number(settings['retention.ms']),
      'cleanup.policy': ['delete'],
      ...('max.message.bytes' in settings && { 'max.message.bytes': Number(settings['max.message.bytes']) }),
    };
    return [
      channelName(topic),
      {
        address: topic,
        messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
        bindings: { kafka: { topic, partitions, replicas: replication, topicConfiguration } },
      },
    ];
  });
  return Object.fromEntries(entries) as Members;
}

function typesOf(topic: string): string[] {
  if (topic.endsWith('.dlq')) return ['dead_letter'];
  if (topic === conversationTopic) return Object.keys(conversationSchemas);
  if (topic === repliesTopic) return [inquiryReplyType];
  if (topic.startsWith('inquiry.requests.')) return [inquiryRequestType];
  return Object.keys(incoming()).filter((type) => topic === `${type.split('.')[0]}.events`);
}

function operations(): Members {
  const receive = systems.map((system) => [
    `receive_${system}`,
    {
      action: 'receive',
      channel: channel(eventsTopic(system)),
      summary: 'Recorded in every live session that it concerns',
    },
  ]);
  const ask = inquirySources.map((source) => [
    `ask_${source}`,
    { action: 'send', channel: channel(requestsTopic(source)), reply: { channel: channel(repliesTopic) } },
  ]);
  const deadLetter = readTopics.map((topic) => [
    `dead_letter_${channelName(topic)}`,
    { action: 'send', channel: channel(deadLetterTopic(topic)) },
  ]);
  const publish = ['publish_conversation_events', { action: 'send', channel: channel(conversationTopic) }];
  const replies = ['receive_replies', { action: 'receive', channel: channel(repliesTopic) }];
  return Object.fromEntries([...receive, replies, ...ask, publish, ...deadLetter]) as Members;
}

function channel(topic: string): Members {
  return { $ref: `#/channels/${channelName(topic)}` };
}

function channelName(topic: string): string {
  return topic.replaceAll('.', '_');
}
