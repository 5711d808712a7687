import { UnstorableEventError } from './changes.ts';

/** SQLSTATE classes 22, 23 and 54: data that does not fit a type, breaks a constraint or exceeds a limit. */
const dataFaults = /^(2[23]|54)[0-9A-Z]{3}$/;

/** Whether the data is at fault, so that a retry cannot help. Any other error may be temporary. */
export function isRefusedData(error: unknown): error is Error {
  if (error instanceof UnstorableEventError) return true;
  return error instanceof Error && 'code' in error && dataFaults.test(String(error.code));
}
