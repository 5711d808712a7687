import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { oauthTokens } from './oauth-tokens.ts';

const client = { tokenUrl: 'https://login.example.com/token', clientId: 'me', clientSecret: 'hidden' };
let answers: Response[];
let fetching: ReturnType<typeof jest.spyOn>;
beforeEach(() => {
  jest.useFakeTimers();
  answers = [];
  fetching = jest
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async () => answers.shift() ?? Response.json({}, { status: 500 }));
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const token = (access_token: string): Response => Response.json({ access_token, expires_in: 100 });

test('a token is used until shortly before its expiry', async () => {
  answers = [token('a'), token('b')];
  const next = oauthTokens(client);
  expect(await next()).toEqual({ value: 'a' });
  jest.advanceTimersByTime(79_000);
  expect(await next()).toEqual({ value: 'a' });
  jest.advanceTimersByTime(2_000);
  expect(await next()).toEqual({ value: 'b' });
});

test('an expired token is not used after the clock of the machine was set back', async () => {
  answers = [token('a'), token('b')];
  const next = oauthTokens(client);
  await next();
  jest.advanceTimersByTime(90_000);
  jest.setSystemTime(Date.now() - 3_600_000);
  expect(await next()).toEqual({ value: 'b' });
});

test('an expired token is not used after the machine has slept', async () => {
  answers = [token('a'), token('b')];
  const next = oauthTokens(client);
  await next();
  jest.setSystemTime(Date.now() + 3_600_000);
  expect(await next()).toEqual({ value: 'b' });
});

test('calls at the same time share one token', async () => {
  answers = [token('a'), token('b')];
  const next = oauthTokens(client);
  expect(await Promise.all([next(), next()])).toEqual([{ value: 'a' }, { value: 'a' }]);
  expect(fetching).toHaveBeenCalledTimes(1);
});

test('after a refusal, which does not name the secret, the server is asked again', async () => {
  answers = [Response.json({ error: 'hidden' }, { status: 401 }), token('a')];
  const next = oauthTokens(client);
  await expect(next()).rejects.toThrow(/^The token server answers 401\.$/);
  expect(await next()).toEqual({ value: 'a' });
});
