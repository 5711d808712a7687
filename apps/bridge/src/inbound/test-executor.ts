import type { CommandRequest, CommandResult } from '#sessions';
import { CommandRejectedError } from '#sessions';

export const rejectedWith = (code: 'session_over' | 'session_not_found' | 'inquiry_not_found'): Error =>
  new CommandRejectedError({ code, reason: 'No.' }, 0, 1);
export const appended = { events: [{}], replayed: false } as unknown as CommandResult;
export const replayed = { events: [{}], replayed: true } as unknown as CommandResult;

/** A command executor that returns these outcomes in turn, and records the requests. */
export function executor(...outcomes: (CommandResult | Error)[]): {
  readonly requests: CommandRequest[];
  execute(request: CommandRequest): Promise<CommandResult>;
} {
  const requests: CommandRequest[] = [];
  return {
    requests,
    execute: async (request) => {
      requests.push(request);
      const outcome = outcomes.shift() ?? appended;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}
