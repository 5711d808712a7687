export { headerText, parseJson, readCloudEvent, writeCloudEvent } from './cloud-events.ts';
export type { CloudEvent } from './cloud-events.ts';
export { lagOf } from './consumer/group.ts';
export { ConsumerLoop } from './consumer/loop.ts';
export type { ConsumerOptions } from './consumer/loop.ts';
export { consumerClientId } from './consumer/work-marker.ts';
export { readDeadLetter, redriven, writeDeadLetter } from './dead-letters.ts';
export type { DeadLetter } from './dead-letters.ts';
export { deadLetterReasons, NonRetryableError } from './errors.ts';
export { identityOf, recognisedBy } from './identity.ts';
export { readReply } from './incoming.ts';
export type { InquiryReply } from './incoming.ts';
export { createKafka, KafkaProbe } from './kafka.ts';
export type { Received } from './consumer/process-batch.ts';
export { partitionOf } from './partitioner.ts';
export { LeaderMissingError, Publisher, publisherRequestMs, sendingLeft } from './publisher.ts';
export type { Outgoing } from './publisher.ts';
export {
  conversationSchemas,
  conversationType,
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
  readTopics,
  repliesTopic,
  requestsTopic,
  topicPlans,
} from './topics.ts';
export type { TopicPlan, TopicSettings } from './topics.ts';
export { applyDifferences, createMissing, differencesOf } from './topic-admin.ts';
export type { TopicDifference } from './topic-admin.ts';
export { isMessageRefused, topicFaultOf } from './topic-faults.ts';
export type { TopicFault } from './topic-faults.ts';
export { schemaError } from './validation.ts';
export { withAdmin } from './with-admin.ts';
