import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import { invalidArgument, unknownError } from '../rpc/errors.ts';

const MAX_LENGTH = 1_024;
/** Limit of instructions in the compiled expression: matching time grows with their number. */
const MAX_PROGRAM = 250;
/** RE2's error texts for .NET constructs that it lacks, and for sizes beyond its limits; any other error is an error in both. */
const LACKING =
  /^(invalid (or unsupported Perl syntax|escape sequence|named capture|repeat count|.* '\\[pP])|expression )/;

/**
 * Matches texts by an unanchored regular expression in RE2 syntax, in linear time. Throws
 * UNKNOWN when it is malformed, and INVALID_ARGUMENT when it uses a construct that RE2 lacks or is too large.
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
