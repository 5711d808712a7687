/**
 * Classes 22, 23 and 54 of SQLSTATE: data that does not fit a type, breaks a constraint or exceeds a limit. Trying again
 * cannot help.
 */
export function isRefusedData(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(2[23]|54)[0-9A-Z]{3}$/.test(String(error.code));
}
