import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';
import type { Case, Target } from './case.ts';
import { isExpected } from './case.ts';
import { authorization } from '../../../tools/shared/token.ts';

const limitMs = 20_000;
const addressOf = ({ url }: Target): string => `${url.replace('http', 'ws')}/v1/agents`;

export type Message = string | Buffer | object;

/**
 * A case of frames on a new WebSocket. Its answer is the close code, or the code of the last error frame; `open` when
 * neither arrives: within `quietMs` where that is expected.
 */
export function socketCase(
  name: string,
  frames: readonly Message[] | ((target: Target) => readonly Message[]),
  expected: string,
  { quietMs = 1_500, ...options }: ClientOptions & { readonly quietMs?: number } = {},
): Case {
  return {
    name: `websocket: ${name}`,
    expected,
    send: async (target) => {
      const socket = new WebSocket(addressOf(target), {
        ...options,
        headers: { ...authorization(), ...options.headers },
      });
      const end = outcomeOf(socket, expected, quietMs);
      socket.once('open', () => {
        for (const frame of typeof frames === 'function' ? frames(target) : frames) sendOne(socket, frame);
      });
      return end.finally(() => socket.terminate());
    },
  };
}

function sendOne(socket: WebSocket, frame: Message): void {
  if (socket.readyState !== socket.OPEN) return;
  const isText = typeof frame === 'string' || Buffer.isBuffer(frame);
  socket.send(isText ? frame : JSON.stringify(frame), () => undefined);
}

/** A case of bytes on a WebSocket after its handshake, which need not be frames. */
export function bytesCase(name: string, pieces: readonly Buffer[], expected: string): Case {
  return {
    name: `websocket: bytes: ${name}`,
    expected,
    send: async (target) => {
      const socket = new WebSocket(addressOf(target), { headers: authorization() });
      const end = outcomeOf(socket, expected, 1_500);
      socket.once('open', () => {
        const { _socket: stream } = socket as unknown as { _socket: { write(data: Buffer): void } };
        for (const piece of pieces) stream.write(piece);
      });
      return end.finally(() => socket.terminate());
    },
  };
}

async function outcomeOf(socket: WebSocket, expected: string, quietMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let last = 'open';
  let quiet = false;
  socket.on('message', (data: Buffer) => {
    const { type, code } = JSON.parse(data.toString()) as { type?: string; code?: string };
    if (type === 'error' && code) last = code;
    if (last !== 'open' && quiet && isExpected(last, expected)) resolve(last);
  });
  socket.on('close', (code) => resolve(String(code)));
  socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
  socket.on('error', () => undefined);
  const limit = setTimeout(() => resolve(last), limitMs);
  // A socket that is expected to be closed, or to get an error, gets the time of a slow machine.
  socket.on('open', () =>
    setTimeout(() => {
      quiet = true;
      if (isExpected(last, expected)) resolve(last);
    }, quietMs),
  );
  return promise.finally(() => clearTimeout(limit));
}

interface FrameOptions {
  readonly opcode: number;
  readonly final?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  readonly payload?: Buffer;
  /** A length that differs from that of the payload. */
  readonly length?: bigint;
}

/** A frame of RFC 6455, with any faults. */
export function frame(options: FrameOptions): Buffer {
  const { opcode, final = true, reserved = 0, masked = true, payload = Buffer.alloc(0), length } = options;
  const size = length ?? BigInt(payload.length);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const head =
    size < 126n
      ? Buffer.from([first, mask | Number(size)])
      : Buffer.concat([Buffer.from([first, mask | 127]), bytesOf(size)]);
  if (!masked) return Buffer.concat([head, payload]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, payload.map((byte, index) => byte ^ (key[index % 4] ?? 0))]);
}

function bytesOf(size: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(size);
  return bytes;
}

/** Opens many sockets that send nothing, and drops them without a close. */
export function halfOpenCase(count: number): Case {
  return {
    name: `websocket: ${count} sockets that say nothing and vanish`,
    expected: 'opened',
    send: async (target) => {
      const sockets = Array.from(
        { length: count },
        () => new WebSocket(addressOf(target), { headers: authorization() }),
      );
      await Promise.all(sockets.map((socket) => once(socket, 'open')));
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.terminate();
      }
      return 'opened';
    },
  };
}
