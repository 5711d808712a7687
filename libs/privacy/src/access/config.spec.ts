import { expect, test } from '@jest/globals';
import { ConfigError } from '#platform';
import { loadAccessConfig } from './config.ts';

const own = { AUTH_ISSUER: 'https://id.example.com', AUTH_JWKS: 'https://id.example.com/jwks.json' };

test('without an issuer every caller is accepted', () => {
  expect(loadAccessConfig({}).issuer).toBeUndefined();
});

test('in production an issuer is required', () => {
  expect(() => loadAccessConfig({ NODE_ENV: 'production' })).toThrow('AUTH_ISSUER is missing');
});

test('public keys verify RS256, ES256 and EdDSA', () => {
  const { issuer } = loadAccessConfig({ ...own, NODE_ENV: 'production' });
  expect(issuer).toMatchObject({ audience: 'turnstream', algorithms: ['RS256', 'ES256', 'EdDSA'] });
});

test.each([
  ['neither keys nor a secret', { ...own, AUTH_JWKS: '' }],
  ['both', { ...own, AUTH_SECRET_FILE: '/run/secrets/auth' }],
  ['keys without an issuer', { AUTH_JWKS: own.AUTH_JWKS }],
  ['HS256 with public keys', { ...own, AUTH_ALGORITHMS: 'RS256,HS256' }],
  ['none as algorithm', { ...own, AUTH_ALGORITHMS: 'none' }],
  ['RS256 with a secret', { ...own, AUTH_JWKS: '', AUTH_SECRET_FILE: '/s', AUTH_ALGORITHMS: 'RS256' }],
  ['keys over plain HTTP from elsewhere', { ...own, AUTH_JWKS: 'http://id.example.com/jwks.json' }],
])('a wrong configuration is refused: %s', (_, env) => {
  expect(() => loadAccessConfig(env)).toThrow(ConfigError);
});
