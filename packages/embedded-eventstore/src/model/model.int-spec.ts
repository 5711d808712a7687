import { expect, test } from '@jest/globals';
import { openTestStore } from '../contract/harness.ts';
import { compareWithModel } from './operations.ts';

const RUNS = 150;

test('random operations do what the model does', async () => {
  const store = await openTestStore();
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  process.stdout.write(`model test: seed ${seed}, ${RUNS} runs\n`);
  await expect(compareWithModel(store.client, RUNS, seed)).resolves.toBeUndefined();
  await store.stop();
}, 60_000);
