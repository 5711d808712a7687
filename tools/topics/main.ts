/** `npm run topics`: creates the topics that are missing and brings partitions and retention to what is configured. */
import { defaultInquiryKinds, sourcesOf } from '#domain';
import type { TopicSettings } from '#messaging';
import { ensureTopics, topicPlans } from '#messaging';
import { ConfigError } from '#platform';
import { loadBridgeConfig } from '../../apps/bridge/src/common/config.ts';
import { unreachable } from '../shared/address.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';

await runProgram(async () => {
  parseOptions({});
  const plans = topicPlans(sourcesOf(defaultInquiryKinds), settings());
  const admin = kafkaOf('turnstream-topics').admin();
  try {
    await admin.connect();
    for (const line of await ensureTopics(admin, plans)) console.log(line);
  } catch (error) {
    throw unreachable('KAFKA_BROKERS', error);
  } finally {
    await admin.disconnect();
  }
  console.log(`${plans.length} topics are as configured:`);
  for (const { topic, partitions, retentionMs } of plans)
    console.log(
      `  ${topic.padEnd(28)} ${String(partitions).padStart(3)} partitions  ${retentionMs / 3_600_000} h`,
    );
}, 'usage: npm run topics');

function settings(): TopicSettings {
  try {
    return loadBridgeConfig(process.env).topics;
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(error.message) : error;
  }
}
