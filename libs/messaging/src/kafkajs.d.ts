/** The parts of kafkajs that have no types and are replaced: see fetch/install.ts, request-queue.ts and leaders.ts. */
declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  const response: { decode: (bytes: Buffer) => Promise<unknown> };
  export default response;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    constructor(options: object);
    readonly pending: readonly unknown[];
    throttledUntil: number;
    push(request: object): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
    destroy(): void;
  }
}

declare module 'kafkajs/src/protocol/requests/metadata/v6/response.js' {
  interface PartitionMetadata {
    readonly partitionErrorCode: number;
    readonly partitionId: number;
    readonly leader: number;
  }
  interface TopicMetadata {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly partitionMetadata: readonly PartitionMetadata[];
  }
  export interface Metadata {
    readonly brokers: readonly object[];
    readonly topicMetadata: readonly TopicMetadata[];
  }
  const response: { parse: (data: Metadata) => Promise<Metadata> };
  export default response;
}

declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(code: number): Error;
}

declare module 'kafkajs/src/cluster/brokerPool.js' {
  import type { Metadata } from 'kafkajs/src/protocol/requests/metadata/v6/response.js';

  export default class BrokerPool {
    constructor(options: object);
    readonly metadata: Metadata | null;
    readonly logger: { warn(message: string): void };
    metadataExpireAt: number | null;
    refreshMetadata: (this: BrokerPool, topics: readonly string[]) => Promise<void>;
  }
}

declare module 'kafkajs/src/cluster/index.js' {
  import type BrokerPool from 'kafkajs/src/cluster/brokerPool.js';
  import type { Metadata } from 'kafkajs/src/protocol/requests/metadata/v6/response.js';

  export default class Cluster {
    constructor(options: object);
    readonly brokerPool: BrokerPool;
    isConnected(): boolean;
    findTopicPartitionMetadata(topic: string): Metadata['topicMetadata'][number]['partitionMetadata'];
    findBroker: (this: Cluster, broker: { readonly nodeId: string | number }) => Promise<object>;
  }
}

declare module 'kafkajs/src/consumer/consumerGroup.js' {
  import type Cluster from 'kafkajs/src/cluster/index.js';

  export default class ConsumerGroup {
    constructor(options: object);
    readonly cluster: Pick<Cluster, 'isConnected'>;
    readonly maxWaitTime: number;
    recoverFromFetch: (this: ConsumerGroup, error: Error) => Promise<void>;
  }
}

declare module 'kafkajs/src/consumer/offsetManager/index.js' {
  import type Cluster from 'kafkajs/src/cluster/index.js';

  export default class OffsetManager {
    constructor(options: object);
    readonly cluster: Pick<Cluster, 'findTopicPartitionMetadata'>;
    readonly memberAssignment: { readonly [topic: string]: readonly number[] };
    committedOffsets(): { readonly [topic: string]: { readonly [partition: number]: string } };
    resolveOffsets: (this: OffsetManager) => Promise<void>;
  }
}

/** Not replaced, but called by specs. */
declare module 'kafkajs/src/retry/index.js' {
  export default function createRetry(options: object): unknown;
}

declare module 'kafkajs/src/producer/sendMessages.js' {
  export default function createSendMessages(options: object): (batch: object) => Promise<unknown>;
}
