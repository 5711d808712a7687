import { TurnstreamError } from '@turnstream/sdk';

/** A fault that the reader can mend: its message is one line that says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Runs a program; a fault becomes one line and exit code 1. With --help it only says its usage. Ends the process. */
export async function runProgram(main: () => Promise<void>, usage?: string): Promise<never> {
  try {
    if (usage !== undefined && process.argv.includes('--help')) console.log(usage);
    else await main();
  } catch (error) {
    console.error(`\n✖ ${explain(error)}`);
    process.exitCode = 1;
  }
  process.exit();
}

function explain(error: unknown): string {
  if (error instanceof Failure) return error.message;
  if (error instanceof TurnstreamError) return `${error.name}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
