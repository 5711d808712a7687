import { PassThrough } from 'node:stream';
import { run } from '../run.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The standard input. */
  readonly input?: string;
  /** Whether the output goes to a terminal, with this width. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Receives the standard output as it is written. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command line in this process. */
export async function runCli(
  args: readonly string[],
  { env = {}, input, columns, signal = new AbortController().signal, onOutput }: RunOptions = {},
): Promise<Ran> {
  const tty = columns === undefined ? {} : { isTTY: true, columns };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    streams[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text));
  if (onOutput !== undefined) streams.stdout.on('data', onOutput);
  streams.stdin.end(input);
  const terminal = {
    env: { TURNSTREAM_RETRY_S: '0', ...env },
    stdin: Object.assign(streams.stdin, tty),
    stdout: Object.assign(streams.stdout, tty),
    stderr: streams.stderr,
    signal,
  };
  const exitCode = await run(args, terminal);
  return { exitCode, ...written };
}
