export { readCloudEvent, writeCloudEvent } from './cloud-events.ts';
export type { CloudEvent } from './cloud-events.ts';
export { ConsumerLoop } from './consumer-loop.ts';
export type { ConsumerOptions } from './consumer-loop.ts';
export { readDeadLetter, redriven, writeDeadLetter } from './dead-letters.ts';
export type { Coordinates, DeadLetter } from './dead-letters.ts';
export { deadLetterReasons, NonRetryableError } from './errors.ts';
export { identityOf, recognisedBy } from './identity.ts';
export { readIncoming, readReply } from './incoming.ts';
export type { IncomingEvent, InquiryReply } from './incoming.ts';
export { createKafka, KafkaProbe } from './kafka.ts';
export type { KafkaLog } from './kafka.ts';
export type { Received } from './process-batch.ts';
export { Publisher, publisherRequestMs } from './publisher.ts';
export type { Outgoing } from './publisher.ts';
export {
  conversationSchemas,
  incomingSchemas,
  inquiryReplySchema,
  inquiryReplyType,
  inquiryRequestSchema,
  inquiryRequestType,
  nameLimit,
} from './schemas.ts';
export type { JsonSchema } from './schemas.ts';
export {
  conversationTopic,
  deadLetterTopic,
  ensureTopics,
  eventsTopic,
  incomingTopics,
  readTopics,
  repliesTopic,
  requestsTopic,
  systems,
  topicPlans,
} from './topics.ts';
export type { TopicSettings } from './topics.ts';
export { schemaError } from './validation.ts';
