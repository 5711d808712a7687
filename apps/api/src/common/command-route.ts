import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ProblemCode } from '#platform';
import type { CommandResult } from '#sessions';
import { Access } from '../access/access.decorator.ts';
import type { Act } from '../access/rules.ts';
import type { ResultOptions } from './answers.ts';
import { AnswersCommand } from './answers.ts';
import { CommandResultDto } from './command-result.dto.ts';
import { ApiCommandHeaders, ApiProblems, commandProblems, degradedHeader } from './openapi.decorators.ts';

interface CommandRouteOptions extends Pick<ResultOptions<CommandResult>, 'location'> {
  readonly summary: string;
  /** The status of the answer; 200 by default. */
  readonly status?: 200 | 201;
  /** The access rule; by default that of commands. */
  readonly access?: Act;
  readonly description?: string;
  /** Additional problems besides those of every command. */
  readonly problems?: readonly ProblemCode[];
}

/** A route whose handler returns a `CommandResult`: the answer's status, headers and body, and its documentation. */
export function CommandRoute({
  summary,
  status = 200,
  access = 'command',
  description = '',
  problems = [],
  location,
}: CommandRouteOptions): MethodDecorator {
  return applyDecorators(
    Access(access),
    HttpCode(status),
    AnswersCommand({ location }),
    ApiOperation({ summary, ...(description !== '' && { description }) }),
    ApiCommandHeaders(),
    ApiResponse({
      status,
      type: CommandResultDto,
      description:
        'The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`).',
      headers: {
        ETag: { description: 'The revision, in quotes.', schema: { type: 'string' } },
        'Idempotency-Replayed': { description: '`true` for a repeated request.', schema: { type: 'string' } },
        ...degradedHeader,
      },
    }),
    ApiProblems(...commandProblems, ...problems),
  );
}
