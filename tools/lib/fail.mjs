/** A fault that the reader can mend: its message is one line that says what to do. */
export class Failure extends Error {
  name = 'Failure';
}

/** One line for any error, with the remedy where it is known. */
export function explain(error) {
  if (error instanceof Failure) return error.message;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (/ENOSPC|No space left on device/.test(text)) {
    return 'The disk is full: free some space (2 GB is plenty), then run the command again.';
  }
  if (/EACCES|EPERM/.test(text)) {
    return `No permission: ${error.message}. Make the file writable for this user, then run the command again.`;
  }
  return text;
}

/** Runs a command's main function to the exit; a fault becomes one line and exit code 1. */
export async function main(fn) {
  try {
    await fn();
  } catch (error) {
    console.error(`\n✖ ${explain(error)}`);
    process.exitCode = 1;
  }
  process.exit();
}
