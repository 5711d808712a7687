import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Target } from './case.ts';
import { authorization } from '../../../tools/shared/token.ts';

interface Exchange {
  /** Bytes to send, piece by piece. */
  readonly pieces: readonly (string | Buffer)[];
  /** The pause after each piece (ms). */
  readonly pauseMs?: number;
  /** Answers to wait for; then the connection is closed. */
  readonly answers?: number;
  /** The maximum wait where no answer is expected (ms). */
  readonly limitMs?: number;
}

const status = /HTTP\/1\.1 (\d{3}) /g;
const code = /"type":"https:\/\/turnstream\.dev\/problems\/([a-z_]+)"/;

/** Sends raw bytes, and returns status and problem code of the last answer, or `closed` or `silence`. */
export async function exchange(
  { url }: Target,
  { pieces, pauseMs = 0, answers = 1, limitMs = 40_000 }: Exchange,
): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
  let text = '';
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  // Unlike `once`, it does not reject when the connection breaks while a piece is sent.
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (data: string) => {
      text += data;
      if (statuses(text).length >= answers && isWhole(text)) resolve();
    });
  });
  const sending = (async () => {
    for (const piece of pieces) {
      if (socket.destroyed) return;
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), ended]);
      if (pauseMs > 0) await sleep(pauseMs);
    }
  })();
  const limit = new AbortController();
  await Promise.race([answered, ended, sleep(limitMs, undefined, { signal: limit.signal }).catch(() => 0)]);
  limit.abort();
  const isOpen = !socket.destroyed;
  socket.destroy();
  await sending;
  const all = statuses(text);
  if (all.length === 0) return isOpen ? 'silence' : 'closed';
  if (answers > 1 && new Set(all).size === 1) return `${all.length} x ${all[0]}`;
  return [all.at(-1), code.exec(text)?.[1]].filter(Boolean).join(' ');
}

const statuses = (text: string): string[] => [...text.matchAll(status)].map(([, number = '']) => number);

/** Whether the body of the last answer is complete by its Content-Length; a chunked one counts as complete. */
function isWhole(text: string): boolean {
  const head = text.lastIndexOf('HTTP/1.1 ');
  const body = text.indexOf('\r\n\r\n', head);
  if (body < 0) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(head, body))?.[1] ?? 0);
  return text.length >= body + 4 + length;
}

export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The role of its token; a service by default. */
  readonly role?: 'service' | 'admin';
}

/** The bytes of a request; `{session}` in its path is the target's session. */
export function bytesOf(
  { method = 'GET', path, headers = {}, body, role }: Request,
  { url, session }: Target,
): Buffer {
  const all: Record<string, string> = {
    host: new URL(url).host,
    ...authorization(role),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${path.replace('{session}', session)} HTTP/1.1`, ...lines, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head), Buffer.from(body ?? '')]);
}

/** A case of one request. */
export function httpCase(name: string, request: Request, expected: string): Case {
  return {
    name: `http: ${name}`,
    expected,
    send: (target) => exchange(target, { pieces: [bytesOf(request, target)] }),
  };
}
