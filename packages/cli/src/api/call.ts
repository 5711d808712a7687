import { Turnstream } from '@turnstream/sdk';
import type { Command } from 'commander';
import { Output } from '../output/output.ts';
import type { Terminal } from '../terminal.ts';
import type { CommonOptions, Settings } from './settings.ts';
import { settingsOf } from './settings.ts';

/** What a command needs to run. */
export interface Call {
  readonly api: Turnstream;
  readonly out: Output;
  readonly settings: Settings;
  readonly terminal: Terminal;
}

/** Timeout of a request, in milliseconds: audit queries may take long. */
const timeoutMs = 120_000;

/** The work of a command, with its options and arguments. */
export type Work<Options extends CommonOptions> = (
  call: Call,
  options: Options,
  ...args: string[]
) => Promise<void>;

/** Makes the action of a command: opens a client from its options, and closes it after the work. */
export function calls<Options extends CommonOptions>(
  terminal: Terminal,
  work: Work<Options>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<Options>();
    const settings = settingsOf(options, terminal.env);
    const { url, token, purpose, retryForMs } = settings;
    const own = { ...(token && { token }), ...(purpose && { purpose }) };
    const api = new Turnstream({ url, ...own, timeoutMs, retryForMs, connections: 4 });
    try {
      await work({ api, out: new Output(terminal, options), settings, terminal }, options, ...command.args);
    } finally {
      await api.close();
    }
  };
}
