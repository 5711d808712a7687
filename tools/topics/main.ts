/** `npm run topics`: creates the topics that are missing, and shows what is different at the others; --apply changes that. */
import { declared } from '#declarations';
import type { TopicSettings } from '#messaging';
import { applyDifferences, createMissing, differencesOf, topicPlans } from '#messaging';
import { ConfigError } from '#platform';
import { loadBridgeConfig } from '../../apps/bridge/src/common/config.ts';
import { unreachable } from '../shared/address.ts';
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { kafkaOf } from '../shared/kafka.ts';

await runProgram(async () => {
  const {
    values: { apply = false },
  } = parseOptions({ apply: { type: 'boolean' } });
  const plans = topicPlans(declared().names, settings());
  const admin = kafkaOf('turnstream-topics').admin();
  try {
    await admin.connect();
    const differences = await differencesOf(admin, plans);
    for (const topic of await createMissing(admin, plans)) console.log(`${topic}: created`);
    for (const { topic, setting, is, would_be } of differences)
      console.log(`${topic.padEnd(28)} ${setting.padEnd(20)} is ${is}, would be ${would_be}`);
    if (apply) await applyDifferences(admin, differences);
    console.log(summary(plans.length, differences.length, apply));
  } catch (error) {
    throw unreachable('KAFKA_BROKERS', error);
  } finally {
    await admin.disconnect();
  }
}, 'usage: npm run topics [-- --apply]');

function summary(topics: number, differences: number, apply: boolean): string {
  if (differences === 0) return `${topics} topics are as configured.`;
  if (apply) return `${differences} settings are changed; ${topics} topics are as configured.`;
  return `${differences} settings are different and left alone: npm run topics -- --apply changes them.`;
}

function settings(): TopicSettings {
  try {
    return loadBridgeConfig(process.env).topics;
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(error.message) : error;
  }
}
