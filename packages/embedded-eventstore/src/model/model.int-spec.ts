import { expect, test } from '@jest/globals';
import { openTestStore } from '../contract/harness.ts';
import { compareWithModel } from './operations.ts';

const RUNS = 150;

test('random operations have the same results as on the model', async () => {
  const store = await openTestStore();
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  process.stdout.write(`model test: seed ${seed}, ${RUNS} runs\n`);
  try {
    await expect(compareWithModel(store.client, RUNS, seed)).resolves.toBeUndefined();
  } finally {
    await store.stop();
  }
});
