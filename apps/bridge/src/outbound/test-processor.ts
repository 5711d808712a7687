import type { Lease } from '#partitions';
import { createLogger } from '#platform';
import type { BridgeMetrics } from '../common/metrics.ts';
import { IndexWriter } from '../references/index-writer.ts';
import { ConversationPublisher } from './conversation-publisher.ts';
import { PartitionProcessor } from './partition-processor.ts';
import type { TestSubscription } from './test-subscription.ts';

type PublisherPorts = ConstructorParameters<typeof ConversationPublisher>[0];
type IndexPorts = ConstructorParameters<typeof IndexWriter>[0];

interface TestWork {
  readonly lease: Lease;
  readonly subscription: TestSubscription;
  readonly metrics: BridgeMetrics;
  readonly publishing: Omit<PublisherPorts, 'queueBytes' | 'metrics' | 'logger'>;
  readonly indexing: Pick<IndexPorts, 'store' | 'recordLate'>;
  /** Called when processing has failed. */
  readonly ended: () => void;
}

/** For specs: processes a partition with a publisher and an index writer of these ports. */
export function testProcessor(work: TestWork): PartitionProcessor {
  const { lease, subscription, metrics, publishing, indexing, ended } = work;
  const logger = createLogger('bridge', 'silent');
  const publisherPorts = { ...publishing, queueBytes: 2 ** 20, metrics, logger };
  const indexPorts = { ...indexing, cacheBytes: 2 ** 16, mentionsIn: async () => [], metrics, logger };
  return new PartitionProcessor(
    {
      subscribe: (options) => subscription.subscribe(options),
      publisher: (signal) => new ConversationPublisher(publisherPorts, lease, signal),
      index: (signal) => new IndexWriter(indexPorts, signal),
      metrics,
      logger,
    },
    lease,
    ended,
  );
}
