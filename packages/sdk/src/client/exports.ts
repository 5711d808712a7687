import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from './transport.ts';
import type { CreateExport, Export } from './types.ts';

const pollMs = 1_000;
/** Connections in a row that were lost before a byte came. */
const mostLost = 5;

/** Options of {@link Turnstream.createExport}. */
export interface CreateExportOptions {
  /** Why personal values are to be shown, 3 to 64 of a to z, digits and `_.:-`; left out: they are `[masked]`. */
  readonly purpose?: string;
}

/** Options of {@link Turnstream.exportFile}. */
export interface ExportFileOptions {
  /** The first byte that is fetched: how many you have. Default 0. */
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

/** The bytes of a file. A connection that is lost is opened again where it ended. */
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
      if ((lost += 1) >= mostLost) throw error;
    }
  }
}

export function pathOf(exportId: string): string {
  return `/v1/exports/${encodeURIComponent(exportId)}`;
}
