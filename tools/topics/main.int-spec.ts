import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';
import { createTestTopics } from '../../libs/messaging/src/test-topics.ts';
import { kafkaOf } from '../shared/kafka.ts';
import { root } from '../shared/paths.ts';

/** A topic of another owner, with settings of its own. */
const topic = `spec-${randomUUID()}`;
const settings = { 'cleanup.policy': 'compact', 'compression.type': 'lz4' };
const folder = mkdtempSync(join(tmpdir(), 'turnstream-topics-'));
const file = join(folder, 'declarations.yaml');
let admin: Admin;

beforeAll(async () => {
  const types = '{ a.b.v1: { kind: b } }';
  writeFileSync(file, `version: 1\nchannels: [ivr]\ntopics: { ${topic}: { system: a, types: ${types} } }\n`);
  admin = kafkaOf('topics-spec').admin();
  await admin.connect();
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await createTestTopics(admin, [{ topic, numPartitions: 1, configEntries }]);
});
afterAll(async () => {
  await admin.disconnect();
  rmSync(folder, { recursive: true });
});

/** What `npm run topics` prints about the topic. */
async function topics(...options: string[]): Promise<string> {
  const program = [join(root, 'tools/bootstrap.mjs'), join(root, 'tools/topics/main.ts'), ...options];
  // The partitions stay: topics of other specs may have fewer than the default.
  const env = {
    ...process.env,
    TURNSTREAM_DECLARATIONS: file,
    ...(options.length > 0 && { KAFKA_PARTITIONS: '1' }),
  };
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root, env });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith(`${topic} `))
    .join('\n');
}

/** The settings of the topic itself, and how many partitions it has. */
async function stateOf(): Promise<object> {
  const { TOPIC } = kafkajs.ConfigResourceTypes;
  const { resources } = await admin.describeConfigs({
    resources: [{ type: TOPIC, name: topic }],
    includeSynonyms: false,
  });
  const values = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]);
  const found = await admin.fetchTopicMetadata({ topics: [topic] });
  return { ...Object.fromEntries(values ?? []), partitions: found.topics[0]?.partitions.length };
}

test('npm run topics shows what would change in a topic of another owner, and changes nothing', async () => {
  const before = await stateOf();
  const shown = await topics();
  expect(shown).toMatch(/cleanup\.policy +is compact, would be delete/);
  expect(shown).toMatch(/partitions +is 1, would be 6/);
  expect(await stateOf()).toEqual(before);
});

test('npm run topics -- --apply changes what it shows, and nothing else', async () => {
  const before = await stateOf();
  expect(await topics('--apply')).toMatch(/cleanup\.policy +is compact, would be delete/);
  expect(await stateOf()).toEqual({ ...before, 'cleanup.policy': 'delete' });
});
