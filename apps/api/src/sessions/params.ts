import type { PipeTransform } from '@nestjs/common';
import { derivedFlags } from '#domain';
import { ProblemError } from '#platform';
import { flagPattern } from './command-items.dto.ts';

/** The name of a flag in a path. */
export class FlagPipe implements PipeTransform<string, string> {
  transform(flag: string): string {
    if (!flagPattern.test(flag)) throw invalid('flag', 'takes lower-case letters, digits and _, at most 64');
    if (derivedFlags.includes(flag)) throw invalid('flag', `"${flag}" is derived from the conversation`);
    return flag;
  }
}

/** The name of a goal in a path. */
export class GoalPipe implements PipeTransform<string, string> {
  transform(goal: string): string {
    if (goal.length > 64) throw invalid('goal', 'takes at most 64 characters');
    return goal;
  }
}

function invalid(field: string, message: string): ProblemError {
  return new ProblemError('validation_failed', `${field} ${message}`, { errors: [{ field, message }] });
}
