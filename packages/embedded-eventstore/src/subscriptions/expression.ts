import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import { invalidArgument, unknownError } from '../rpc/errors.ts';

const MAX_LENGTH = 1_024;
/** Instructions of the compiled expression: the time for a text grows with their number. */
const MAX_PROGRAM = 250;
/** How RE2 names constructs that .NET has and it lacks, and sizes beyond its own; any other fault is one for both. */
const LACKING =
  /^(invalid (or unsupported Perl syntax|escape sequence|named capture|repeat count|.* '\\[pP])|expression )/;

/**
 * Matches texts by an unanchored regular expression in the syntax of RE2, in time that is linear in the text. Throws
 * UNKNOWN when it is malformed, and INVALID_ARGUMENT when RE2 lacks a construct of it or it is too large.
 */
export const expressionMatcher = (source: string): ((text: string) => boolean) => {
  if (source.length > MAX_LENGTH)
    throw invalidArgument(`A regular expression must not have more than ${MAX_LENGTH} characters`);
  const expression = compile(source);
  if (expression.programSize() > MAX_PROGRAM)
    throw invalidArgument(
      `The regular expression '${source}' is too complex: use fewer or smaller repetitions`,
    );
  return (text) => expression.test(text);
};

const compile = (source: string): RE2JS => {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = reasonOf(error);
    if (LACKING.test(reason))
      throw invalidArgument(`The regular expression '${source}' is not supported by RE2: ${reason}`);
    throw unknownError(`'${source}' is not a valid regular expression: ${reason}`);
  }
};

const reasonOf = (error: RE2JSException): string =>
  error instanceof RE2JSSyntaxException
    ? `${error.getDescription()} '${error.getPattern() ?? ''}'`
    : error.message;
