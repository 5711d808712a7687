import { TurnstreamError } from '@turnstream/sdk';

/** An error that the user can fix: its message says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/**
 * Runs a program and ends the process. An error becomes one line and exit code 1, a wrong option its message and the
 * usage; `--help` prints the usage only.
 */
export async function runProgram(main: () => Promise<void>, usage?: string): Promise<never> {
  try {
    if (usage !== undefined && process.argv.includes('--help')) console.log(usage);
    else await main();
  } catch (error) {
    console.error(`\n✖ ${explain(error, usage)}`);
    process.exitCode = 1;
  }
  process.exit();
}

function explain(error: unknown, usage = ''): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof TurnstreamError) return `${error.name}: ${error.message}`;
  if (isWrongOption(error)) return `${error.message}\n${usage}`.trimEnd();
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** An error of parseArgs. */
function isWrongOption(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}
