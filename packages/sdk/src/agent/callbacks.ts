import type { AgentOptions } from './options.ts';
import type { AgentStream, SkipReason } from './stream.ts';
import type { Update } from './update.ts';

/** The caller's callbacks. Their errors never reach the connection: they go to `onError`, or to stderr. */
export class Callbacks {
  constructor(private readonly options: Pick<AgentOptions, 'onError' | 'onTakeover' | 'onSkipped'>) {}

  readonly error = (error: unknown, update: Update | undefined): void => {
    const { onError = print } = this.options;
    guard(() => onError(error, update), print);
  };

  readonly takeover = (stream: AgentStream): void => {
    guard(() => this.options.onTakeover?.(stream), this.report);
  };

  readonly skipped = (update: Update, reason: SkipReason): void => {
    guard(() => this.options.onSkipped?.(update, reason), this.report);
  };

  private readonly report = (error: unknown): void => this.error(error, undefined);
}

function print(error: unknown): void {
  process.stderr.write(`${String(error)}\n`);
}

/** Calls a function that may throw or return a promise that rejects. */
function guard(call: () => unknown, onFailure: (error: unknown) => void): void {
  try {
    Promise.resolve(call()).catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
