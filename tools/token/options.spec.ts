import { expect, test } from '@jest/globals';
import { tokenOptions } from './options.ts';

test('without options it is for a service, for an hour, as any instance', () => {
  expect(tokenOptions({})).toEqual({
    claims: { role: 'service', sub: 'service', instances: ['*'] },
    expiresS: 3_600,
  });
});

test('it has the limits that are given, and no others', () => {
  const options = {
    role: 'agent',
    subject: 'fleet',
    partner: ['P1', 'P2'],
    pool: ['support'],
    expires: '10m',
  };
  expect(tokenOptions(options)).toEqual({
    claims: { role: 'agent', sub: 'fleet', partners: ['P1', 'P2'], pools: ['support'] },
    expiresS: 600,
  });
});

test('one instance is the only one that it is for', () => {
  expect(tokenOptions({ role: 'agent', instance: ['bot-1'] })?.claims).toMatchObject({ instance: 'bot-1' });
  expect(tokenOptions({ role: 'agent', instance: ['bot-*'] })?.claims).toMatchObject({
    instances: ['bot-*'],
  });
});

test.each([{ role: 'root' }, { expires: '1y' }, { expires: '2d' }, { expires: '0h' }])(
  'wrong options are refused: %j',
  (options) => {
    expect(tokenOptions(options)).toBeUndefined();
  },
);
