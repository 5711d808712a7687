import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { Shows } from '../privacy/shows.ts';
import { TraceDto, TraceParams } from './dto.ts';
import { shownTrace } from './shown.ts';
import type { Trace } from './trace.ts';
import { Traces } from './trace.ts';
import { WhileThere } from '../common/while-there.ts';

/** Traces: the effects of messages, for analysts. */
@ApiTags('reads')
@Controller('v1')
export class TraceController {
  constructor(private readonly traces: Traces) {}

  @Get('trace/:correlation_id')
  @Access('trace')
  @Shows(shownTrace)
  @ApiOperation({
    summary: 'Everything that one message caused, as a tree with times',
    description:
      'Events of all sessions with the correlation id, requests to sources of inquiries with their answers, and what agents ' +
      'acknowledged. Complete about a second after it happened.',
  })
  @ApiOkResponse({ type: TraceDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async trace(
    @CurrentCaller() caller: Caller,
    @Param() { correlation_id }: TraceParams,
    @WhileThere() signal: AbortSignal,
  ): Promise<Trace> {
    const trace = await this.traces.find(caller, correlation_id, signal);
    if (trace === undefined)
      throw new ProblemError('not_found', 'There is no event with this correlation id yet.');
    return trace;
  }
}
