/** Exit codes. */
export const exitCodes = {
  done: 0,
  /** The request was refused, or a check found a fault. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The API is unreachable or overloaded: the same command may work later. */
  unreachable: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

/** Thrown to end a run with a message for people. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    message: string,
    readonly exitCode: number = exitCodes.refused,
  ) {
    super(message);
  }
}

/** Thrown when the command line is wrong. */
export function usageError(message: string): Failure {
  return new Failure(message, exitCodes.usage);
}
