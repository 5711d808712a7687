import type { ParseArgsOptionsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { TurnstreamError } from '@turnstream/sdk';
import { ConfigError } from '../../libs/platform/src/config/errors.ts';

/** A fault that the user can fix: its message is one line that says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/**
 * Runs a program; a Failure is printed as one line, with exit code 1 or the given one. With --help it only prints its
 * usage. Ends the process.
 */
export async function runProgram(main: () => Promise<void>, usage?: string, faultCode = 1): Promise<never> {
  try {
    if (usage !== undefined && process.argv.includes('--help')) console.log(usage);
    else await main();
  } catch (error) {
    const isWrongOption = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
    console.error(`\n✖ ${isWrongOption ? `${(error as Error).message} ${usage ?? ''}` : explain(error)}`);
    process.exitCode = faultCode;
  }
  process.exit();
}

/** Parses the options of the program; refuses unknown options and arguments. */
export const parseOptions = <T extends ParseArgsOptionsConfig>(options: T, args = process.argv.slice(2)) =>
  parseArgs({ args, options, strict: true });

/** The arguments of a program without options; an option is refused. */
export const parseWords = (): string[] => parseArgs({ allowPositionals: true, options: {} }).positionals;

function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof ConfigError) return error.message;
  if (error instanceof TurnstreamError) return `${error.name}: ${error.message}`;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (/ENOSPC|No space left on device/.test(text))
    return 'The disk is full: free some space (2 GB is plenty), then run the command again.';
  return text;
}
