import { randomUUID } from 'node:crypto';
import type { Request, Sender } from './transport.ts';
import type { CommandOptions, CommandResult } from './types.ts';

export interface Command {
  readonly method: Request['method'];
  readonly path: string;
  readonly body?: object | undefined;
  readonly options: CommandOptions;
}

/** Sends a command with its key, or a generated one: retries repeat the same command. */
export async function runCommand<Result extends object = Omit<CommandResult, 'replayed'>>(
  transport: Sender,
  { method, path, body, options }: Command,
): Promise<Result & { readonly replayed: boolean }> {
  const { key = randomUUID(), expectedRevision, agentEpoch, correlationId, traceparent, signal } = options;
  const headers: Record<string, string> = { 'idempotency-key': key };
  if (expectedRevision !== undefined) headers['if-match'] = `"${expectedRevision}"`;
  if (agentEpoch !== undefined) headers['agent-epoch'] = String(agentEpoch);
  if (correlationId !== undefined) headers['correlation-id'] = correlationId;
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  const answer = await transport.send<Result>({ method, path, headers, body, signal });
  return { ...answer.body, replayed: answer.headers['idempotency-replayed'] === 'true' };
}
