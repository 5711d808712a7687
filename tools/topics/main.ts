/** `npm run topics`: creates missing topics, and shows the differences of others; --apply changes these. */
import { declared } from '#declarations';
import type { TopicDifference, TopicSettings } from '#messaging';
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
    await admin.connect().catch((error: unknown) => Promise.reject(unreachable('KAFKA_BROKERS', error)));
    const differences = await differencesOf(admin, plans);
    for (const difference of differences) console.log(lineOf(difference));
    const { created, failed } = await createMissing(admin, plans);
    for (const topic of created) console.log(`${topic}: created`);
    for (const { topic, reason } of failed) console.log(`${topic}: not created: ${reason}`);
    if (apply) await applyDifferences(admin, differences);
    console.log(summary(differences, apply));
    if (failed.length > 0) throw new Failure(`${failed.length} of ${plans.length} topics are not created.`);
  } finally {
    await admin.disconnect();
  }
}, 'usage: npm run topics [-- --apply]');

function lineOf({ topic, setting, is, would_be, obstacle }: TopicDifference): string {
  const line = `${topic.padEnd(28)} ${setting.padEnd(20)} is ${is}, would be ${would_be}`;
  return obstacle === undefined ? line : `${line}; cannot be applied: ${obstacle}`;
}

function summary(differences: readonly TopicDifference[], apply: boolean): string {
  if (differences.length === 0) return 'The existing topics are as configured.';
  const applicable = differences.filter(({ obstacle }) => obstacle === undefined).length;
  const left = differences.length - applicable;
  const stays = `${left} different settings cannot be applied.`;
  if (applicable === 0) return stays;
  const first = apply
    ? `${applicable} settings are changed.`
    : `${applicable} settings differ and are not changed: npm run topics -- --apply changes them.`;
  return left === 0 ? first : `${first} ${stays}`;
}

function settings(): TopicSettings {
  try {
    return loadBridgeConfig(process.env).topics;
  } catch (error) {
    throw error instanceof ConfigError ? new Failure(error.message) : error;
  }
}
