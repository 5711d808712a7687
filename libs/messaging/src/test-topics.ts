import type { Admin, ITopicConfig } from 'kafkajs';
import { waitUntil } from '../../platform/src/async/wait-until.ts';

/** Creates topics and waits until the broker knows them. kafkajs does not wait: it treats a topic that is not known yet as an error. */
export async function createTestTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ topics, waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const areKnown = async (): Promise<boolean> => {
    const found = (await admin.fetchTopicMetadata({ topics: names })).topics;
    const leaders = found.flatMap(({ partitions }) => partitions.map(({ leader }) => leader));
    return leaders.length >= names.length && leaders.every((leader) => leader >= 0);
  };
  await waitUntil(areKnown, { what: `the topics ${names.join(', ')}`, everyMs: 50 });
}
