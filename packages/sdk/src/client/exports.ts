import { setTimeout as sleep } from 'node:timers/promises';
import { TurnstreamError, Unavailable } from './errors.ts';
import type { Transport } from './transport.ts';
import type { CreateExport, Export } from './types.ts';

const pollMs = 1_000;
/** Lost connections in a row without a byte. */
const mostLost = 8;
/** Pause before reconnecting, in milliseconds. */
const pauseMs = 500;

/** Options of {@link Turnstream.createExport}. */
export interface CreateExportOptions {
  /** Why personal values are to be shown, 3 to 64 of a to z, digits and `_.:-`; left out, they are `[masked]`. */
  readonly purpose?: string;
}

/** Options of {@link Turnstream.exportFile}. */
export interface ExportFileOptions {
  /** The first byte to fetch: the number of bytes that you have. Default 0. */
  readonly from?: number;
  readonly signal?: AbortSignal;
}

export async function createExport(
  transport: Transport,
  request: CreateExport,
  { purpose }: CreateExportOptions,
): Promise<Export> {
  const headers: Record<string, string> = purpose === undefined ? {} : { 'access-purpose': purpose };
  const { body } = await transport.send<Export>({
    method: 'POST',
    path: '/v1/exports',
    body: request,
    headers,
  });
  return body;
}

export async function whenExported(
  transport: Transport,
  exportId: string,
  signal: AbortSignal | undefined,
): Promise<Export> {
  for (;;) {
    const { body } = await transport.send<Export>({ method: 'GET', path: pathOf(exportId), signal });
    if (body.status !== 'waiting' && body.status !== 'running') return body;
    await sleep(pollMs, undefined, { signal });
  }
}

/**
 * The bytes of a file. A lost connection is reopened where it ended.
 * @throws Unavailable when it is lost repeatedly; TurnstreamError when the answer does not match the request
 */
export async function* exportFile(
  transport: Transport,
  exportId: string,
  name: string,
  { from = 0, signal }: ExportFileOptions,
): AsyncGenerator<Uint8Array, void> {
  const path = `${pathOf(exportId)}/files/${encodeURIComponent(name)}`;
  let next = from;
  for (let lost = 0; ;) {
    const headers: Record<string, string> = next === 0 ? {} : { range: `bytes=${next}-` };
    const { body, headers: told } = await transport.stream({ method: 'GET', path, headers, signal });
    if (next > 0 && !startsAt(next, told['content-range'])) {
      await abandon(body);
      throw notThePart(next);
    }
    const end = next + Number(told['content-length']);
    try {
      for await (const chunk of body) {
        next += chunk.length;
        lost = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (next === end) return;
      if ((lost += 1) >= mostLost) throw lostAgain(error);
      if (lost > 1) await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** A whole file must not be taken for the requested rest. */
function startsAt(from: number, contentRange: string | string[] | undefined): boolean {
  return typeof contentRange === 'string' && contentRange.startsWith(`bytes ${from}-`);
}

/** Discards an unread answer, which would otherwise keep its connection. */
async function abandon(body: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  await chunks.next();
  await chunks.return?.();
}

function notThePart(from: number): TurnstreamError {
  return new TurnstreamError({
    type: 'https://turnstream.dev/problems/unexpected_answer',
    title: 'Unexpected answer',
    status: 0,
    detail: `The file was requested from byte ${from} on, but the answer is another part.`,
  });
}

function lostAgain(cause: unknown): Unavailable {
  const title = 'The connection was lost repeatedly';
  return new Unavailable(
    { type: 'https://turnstream.dev/problems/unreachable', title, status: 0 },
    { cause },
  );
}

export function pathOf(exportId: string): string {
  return `/v1/exports/${encodeURIComponent(exportId)}`;
}
