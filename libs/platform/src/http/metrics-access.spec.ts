import { expect, test } from '@jest/globals';
import { ConfigError } from '../config/errors.ts';
import { loadMetricsToken, metricsRefusal } from './metrics-access.ts';

const refused = (remoteAddress: string, headers: Record<string, string> = {}, token?: string) =>
  metricsRefusal({ socket: { remoteAddress }, headers }, token)?.code;

test.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])(
  'without a token metrics are shown to this machine: %s',
  (address) => {
    expect(refused(address)).toBeUndefined();
  },
);

test.each([
  ['another machine', '10.1.2.3', {}],
  ['a proxy on this one', '127.0.0.1', { 'x-forwarded-for': '10.1.2.3' }],
])('without a token metrics are not shown to %s', (_, address, headers) => {
  expect(refused(address, headers)).toBe('forbidden');
});

test('with a token metrics are shown only to its bearers', () => {
  expect(refused('10.1.2.3', { authorization: 'Bearer secret' }, 'secret')).toBeUndefined();
  expect(refused('127.0.0.1', {}, 'secret')).toBe('unauthenticated');
  expect(refused('127.0.0.1', { authorization: 'Bearer other' }, 'secret')).toBe('unauthenticated');
});

test('a missing file is a configuration error', () => {
  expect(loadMetricsToken({})).toBeUndefined();
  expect(() => loadMetricsToken({ METRICS_TOKEN_FILE: '/nowhere' })).toThrow(ConfigError);
});
