const faults: { readonly [type: string]: TopicFault | undefined } = {
  UNKNOWN_TOPIC_OR_PARTITION: 'topic_missing',
  INVALID_TOPIC_EXCEPTION: 'topic_missing',
  TOPIC_AUTHORIZATION_FAILED: 'topic_forbidden',
};

/** Why nothing can be sent to a topic before somebody changes something in Kafka. */
export type TopicFault = 'topic_missing' | 'topic_forbidden';

/** The fault of a topic that an error of the client tells of, itself or as its cause. */
export function topicFaultOf(error: unknown): TopicFault | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const fault = faults[(cause as { type?: string }).type ?? ''];
    if (fault !== undefined) return fault;
  }
  return undefined;
}
