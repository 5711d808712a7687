import { expect, test } from '@jest/globals';
import { InvalidRequest } from './errors.ts';
import { TokenSource } from './token.ts';

test('a function that throws is called again', async () => {
  const failure = new Error('spec');
  let calls = 0;
  const source = new TokenSource(() => {
    calls += 1;
    if (calls === 1) throw failure;
    return 'secret';
  });
  await expect(source.get()).rejects.toBe(failure);
  await expect(source.get()).resolves.toBe('secret');
});

test('a function is called once for concurrent requests', async () => {
  let calls = 0;
  const source = new TokenSource(async () => `secret-${(calls += 1)}`);
  expect(await Promise.all([source.get(), source.get()])).toEqual(['secret-1', 'secret-1']);
});

test('a failure that comes late leaves the next token alone', async () => {
  const answers = [Promise.reject(new Error('spec')), Promise.resolve('second'), Promise.resolve('third')];
  const source = new TokenSource(() => answers.shift() ?? '');
  const first = source.get();
  source.refresh(first);
  const second = source.get();
  await expect(first).rejects.toThrow('spec');
  expect([await second, await source.get()]).toEqual(['second', 'second']);
});

test('the space around a token, such as the newline at the end of a file, is removed', async () => {
  await expect(new TokenSource(' secret\n').get()).resolves.toBe('secret');
  await expect(new TokenSource(() => 'secret\r\n').get()).resolves.toBe('secret');
});

test.each(['a b', 'a\nb', '“secret”', ' '])('%j is no token', async (token) => {
  await expect(new TokenSource(token).get()).rejects.toThrow(InvalidRequest);
});
