/** SQLSTATE classes of errors whose text quotes the refused value. */
const dataFault = /^2[23][0-9A-Z]{3}$/;
const jsonPlace = /at position \d+(?: \(line \d+ column \d+\))?/;

/**
 * The text of an error without data: V8 quotes JSON that it cannot parse, PostgreSQL quotes values that it refuses,
 * Redis quotes the arguments of unknown commands.
 */
export function textWithoutData(error: Error & { readonly code?: unknown }): string {
  const { name, message, code } = error;
  if (name === 'SyntaxError' && message.includes('JSON'))
    return `malformed JSON ${jsonPlace.exec(message)?.[0] ?? ''}`.trimEnd();
  if (typeof code === 'string' && dataFault.test(code)) return message.replace(/: .*$/s, '');
  return message.replace(/, with args beginning with: .*$/s, '');
}

/** The stack of an error, with its text free of data. */
export function stackWithoutData(error: Error): string | undefined {
  if (error.message === '') return error.stack;
  return error.stack?.replace(error.message, () => textWithoutData(error));
}
