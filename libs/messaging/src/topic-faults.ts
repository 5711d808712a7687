const faults: { readonly [type: string]: TopicFault | undefined } = {
  UNKNOWN_TOPIC_OR_PARTITION: 'topic_missing',
  INVALID_TOPIC_EXCEPTION: 'topic_missing',
  TOPIC_AUTHORIZATION_FAILED: 'topic_forbidden',
};

const sizeRefusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
const refusals = new Set([...sizeRefusals, 'INVALID_RECORD', 'CORRUPT_MESSAGE']);

/** Why nothing can be sent to a topic until somebody changes something in Kafka. */
export type TopicFault = 'topic_missing' | 'topic_forbidden';

/** The topic fault in an error of the client, or in its causes. */
export function topicFaultOf(error: unknown): TopicFault | undefined {
  return typesOf(error)
    .map((type) => faults[type])
    .find((fault) => fault !== undefined);
}

/** Whether a broker refuses a message because of its size. */
export function isTooLarge(error: unknown): boolean {
  return typesOf(error).some((type) => sizeRefusals.has(type));
}

/** Whether a partition has no leader: its brokers are gone, the client's connections are good. */
export function isLeaderMissing(error: unknown): boolean {
  return typesOf(error).includes('LEADER_NOT_AVAILABLE');
}

/** Whether a broker refuses a message for another reason in it, such as a missing key for a compacted topic. */
export function isMessageRefused(error: unknown): boolean {
  return typesOf(error).some((type) => refusals.has(type));
}

/** Kafka's names of a client error and its causes. */
function typesOf(error: unknown): string[] {
  const types: string[] = [];
  for (let cause = error; cause instanceof Error && types.length < 5; cause = cause.cause)
    types.push((cause as { type?: string }).type ?? '');
  return types;
}
