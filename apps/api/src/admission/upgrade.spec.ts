import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { Metrics } from '#platform';
import { Admission } from './admission.ts';
import { loadAdmissionConfig } from './config.ts';
import { admitUpgrade } from './upgrade.ts';

const request = { socket: { remoteAddress: '127.0.0.1' }, headers: {} } as IncomingMessage;

test('sockets are counted as long as they are open, and beyond their number refused', async () => {
  const config = loadAdmissionConfig({ CONNECTIONS_AT_ONCE: '2' });
  const admission = new Admission(config, new Metrics('api'));
  const [first, second, third] = [new PassThrough(), new PassThrough(), new PassThrough()];
  expect(admitUpgrade(admission, request, first)).toBe(true);
  expect(admitUpgrade(admission, request, second)).toBe(false);
  expect(String(second.read())).toMatch(/^HTTP\/1.1 503 [^]*\r\nretry-after: 1\r\n/);
  first.destroy();
  await once(first, 'close');
  expect(admitUpgrade(admission, request, third)).toBe(true);
  third.destroy();
});
