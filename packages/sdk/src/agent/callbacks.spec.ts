import { expect, jest, test } from '@jest/globals';
import { Callbacks } from './callbacks.ts';
import type { AgentStream } from './stream.ts';
import { testUpdate } from './test-update.ts';

const failure = new Error('spec');
const stream = {} as AgentStream;
function fail(): void {
  throw failure;
}
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('what a callback throws goes to onError', () => {
  const onError = jest.fn();
  new Callbacks({ onTakeover: fail, onError }).takeover(stream);
  expect(onError).toHaveBeenCalledWith(failure, undefined);
});

test('a promise of a callback that rejects goes to onError', async () => {
  const onError = jest.fn();
  const onSkipped = (): Promise<void> => Promise.reject(failure);
  new Callbacks({ onSkipped, onError }).skipped(testUpdate(1), 'handler_failed');
  await settled();
  expect(onError).toHaveBeenCalledWith(failure, undefined);
});

test('what onError throws goes no further', () => {
  const print = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  new Callbacks({ onError: fail }).error(new Error('first'), undefined);
  expect(print).toHaveBeenCalledWith('Error: spec\n');
  print.mockRestore();
});
