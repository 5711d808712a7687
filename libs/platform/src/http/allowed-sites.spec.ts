import { describe, expect, test } from '@jest/globals';
import { AllowedSites } from './allowed-sites.ts';

const sites = new AllowedSites({
  hosts: ['Turnstream.example', '*.internal.example'],
  origins: ['https://console.example', 'http://127.0.0.1:5173/'],
});

/** The code of the problem that refuses a request; undefined: it is accepted. */
const refused = (headers: Record<string, string>, method = 'POST'): string | undefined =>
  sites.refusal({ method, headers: { host: 'localhost:3000', ...headers } })?.code;

describe('a request by the name', () => {
  test.each([
    'localhost',
    'LOCALHOST:3000',
    'api.localhost:3000',
    '127.0.0.1:3000',
    '10.1.2.3',
    '[::1]:3000',
    'turnstream.example:443',
    'turnstream.example.',
    'a.b.internal.example:80',
  ])('%s passes', (host) => {
    expect(refused({ host })).toBeUndefined();
  });

  test.each([
    'rebind.example',
    'rebind.example:3000',
    'localhost.rebind.example',
    'x.localhost.rebind.example',
    'x.internal.example.rebind.example',
    '127.0.0.1.rebind.example',
    'internal.example',
    'xinternal.example',
    'x.turnstream.example',
    '',
    'localhost:3000, rebind.example',
    'x'.repeat(10_000),
  ])('%s is refused', (host) => {
    expect(refused({ host })).toBe('host_not_allowed');
  });

  test('passes with any name when any is allowed', () => {
    const any = new AllowedSites({ hosts: ['*'] });
    expect(any.refusal({ method: 'GET', headers: { host: 'proxied.example' } })).toBeUndefined();
  });

  test('passes without one, as in HTTP/1.0', () => {
    expect(sites.refusal({ method: 'GET', headers: {} })).toBeUndefined();
  });
});

describe('a request of a page', () => {
  test.each([
    ['localhost:3000', 'http://localhost:3000'],
    ['turnstream.example', 'https://turnstream.example'],
    ['turnstream.example:443', 'https://turnstream.example'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['localhost:3000', 'https://console.example'],
    ['localhost:3000', 'http://127.0.0.1:5173'],
  ])('asks %s from %s and passes', (host, origin) => {
    expect(refused({ host, origin })).toBeUndefined();
  });

  test.each([
    'https://evil.example',
    'http://localhost:8080',
    'http://localhost',
    'https://console.example:8443',
    'https://console.example.evil.example',
    'http://console.example',
    'null',
    'file://',
    'localhost:3000',
    '',
  ])('from the origin "%s" is refused, whatever the method', (origin) => {
    expect(refused({ origin }, 'GET')).toBe('origin_not_allowed');
    expect(refused({ origin }, 'POST')).toBe('origin_not_allowed');
  });

  test.each(['same-origin', 'none'])('that the browser calls %s passes', (site) => {
    expect(refused({ 'sec-fetch-site': site })).toBeUndefined();
  });

  test.each(['cross-site', 'same-site'])('without an origin that the browser calls %s is refused', (site) => {
    expect(refused({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }, 'GET')).toBe(
      'origin_not_allowed',
    );
    expect(refused({ 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' }, 'POST')).toBe(
      'origin_not_allowed',
    );
  });

  test('that follows a link passes', () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(refused(link, 'GET')).toBeUndefined();
  });
});
