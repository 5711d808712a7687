import { describe, expect, test } from '@jest/globals';
import { readSetup } from './options.ts';

const bare = 'esdb://store:2113?tls=true';
const isPasswordReset = false;

describe('the credentials of setup-event-store', () => {
  test('take the administrator from the connection string', () => {
    const env = { EVENTSTORE_USER_PASSWORD: 'new' };
    expect(readSetup('esdb://root:p%40ss@store:2113?tls=true', env, { isPasswordReset })).toEqual({
      url: bare,
      admin: { username: 'root', password: 'p@ss' },
      user: { username: 'turnstream', password: 'new' },
      isPasswordReset,
    });
  });

  test('take the user from the connection string when the administrator has separate variables', () => {
    const env = { EVENTSTORE_ADMIN_PASSWORD: 'secret' };
    expect(readSetup('esdb://app:word@store:2113?tls=true', env, { isPasswordReset })).toMatchObject({
      url: bare,
      admin: { username: 'admin', password: 'secret' },
      user: { username: 'app', password: 'word' },
    });
  });

  test('never give a user the password of another', () => {
    const env = { EVENTSTORE_ADMIN_PASSWORD: 'secret' };
    const { user } = readSetup('esdb://app:word@store:2113', env, { isPasswordReset, user: 'other' });
    expect(user).toEqual({ username: 'other', password: undefined });
  });

  test('fail without an administrator', () => {
    expect(() => readSetup(bare, {}, { isPasswordReset })).toThrow(/EVENTSTORE_ADMIN_PASSWORD/);
  });
});
