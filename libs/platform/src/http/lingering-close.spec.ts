import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import Fastify from 'fastify';
import { waitUntil } from '../async/wait-until.ts';
import { installLingeringClose } from './lingering-close.ts';

const size = 8 * 1_048_576;
const tooLarge = Buffer.from(JSON.stringify('x'.repeat(size)));

let fastify: FastifyInstance;
let served: number;
let socket: Socket;

const refuse: onRequestHookHandler = (_request, reply) => {
  reply.code(401).send();
};

async function start(limitMs: number): Promise<void> {
  installLingeringClose(fastify, limitMs);
  fastify.post('/refused', { onRequest: refuse }, () => 'never');
  fastify.all('/', () => {
    served += 1;
    return 'served';
  });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const { port } = fastify.server.address() as AddressInfo;
  // It does not end its side when the server has ended the other.
  socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
}

/** The head of a request with a JSON body of so many bytes. */
const head = (bytes: number, path = '/'): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`;

const write = (data: string | Buffer): Promise<unknown> =>
  new Promise((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve(undefined)));
  });

const disconnected = (): Promise<void> =>
  waitUntil(
    () =>
      new Promise<boolean>((resolve) => {
        fastify.server.getConnections((_error, count) => resolve(count === 0));
      }),
    { what: 'the end of the connection' },
  );

beforeEach(() => {
  served = 0;
  fastify = Fastify({ bodyLimit: 1_000, forceCloseConnections: true });
});
afterEach(async () => {
  socket.destroy();
  await fastify.close();
});

describe('a client whose body is too large', () => {
  test('can send all of it and read the answer', async () => {
    await start(60_000);
    await write(head(tooLarge.length));
    await write(tooLarge);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
    await disconnected();
  });

  test('is disconnected after a time when it does not end its body', async () => {
    await start(50);
    await write(head(tooLarge.length));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
    await disconnected();
  });

  test('gets no other request on the same connection served', async () => {
    await start(60_000);
    await write(head(tooLarge.length));
    await write(tooLarge.subarray(1));
    await write(Buffer.concat([tooLarge.subarray(0, 1), Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]));
    await disconnected();
    expect(served).toBe(0);
  });
});

test('a request whose body is read keeps its connection', async () => {
  await start(60_000);
  const answers = text(socket);
  await write(`${head(2)}{}`);
  await waitUntil(() => served === 1);
  await write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect((await answers).match(/ 200 OK/g)).toHaveLength(2);
});

test('a request after one whose body was refused and has ended closes the connection at once', async () => {
  await start(60_000);
  await write(head(2, '/refused'));
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /);
  await write('{}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  await disconnected();
});
