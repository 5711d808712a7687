import { Controller, Get, Headers, Param, Query, UseInterceptors } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Caller } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { SessionReach } from '../common/reach.ts';
import { Shows } from '../privacy/shows.ts';
import type { EventReplay } from '../replay/event-replay.ts';
import { formatOf, streamTypes } from '../replay/format.ts';
import { SendReplayInterceptor } from '../replay/send-replay.interceptor.ts';
import { pageEnds } from '../common/page-links.ts';
import { rangeOf } from './events-asked.ts';
import { EventsPageDto, EventsQuery } from './events.dto.ts';
import { GetEvents } from './get-events.ts';
import { Replays } from './replays.ts';
import { shownEvents } from './shown.ts';
import { WhileThere } from '../common/while-there.ts';

const text = { schema: { type: 'string' } } as const;

/** The events of conversations, for analysts. Reading them changes nothing. */
@ApiTags('reads')
@Controller('v1')
export class EventsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly reach: SessionReach,
    private readonly replays: Replays,
  ) {}

  @Get('sessions/:session_id/events')
  @Access('read')
  @Shows(shownEvents)
  @UseInterceptors(SendReplayInterceptor)
  @ApiOperation({
    summary: 'The events of a conversation, as pages or as a stream',
    description:
      `${pageEnds} The Accept header can request all events as a stream instead: \`application/x-ndjson\`, a line for each, or ` +
      '`text/event-stream`, at a `speed` of your choice, with `event: end` behind the last. A stream that breaks off is not complete.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'For `text/event-stream`: the revision after which to resume, in the direction of reading.',
  })
  @ApiProduces('application/json', streamTypes.ndjson, streamTypes.sse)
  @ApiExtraModels(EventsPageDto)
  @ApiResponse({
    status: 200,
    description: 'A page, or all events.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(EventsPageDto) } },
      [streamTypes.ndjson]: text,
      [streamTypes.sse]: text,
    },
  })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async events(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @Query() asked: EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastId: string | undefined,
    @WhileThere() signal: AbortSignal,
  ): Promise<EventsPageDto | EventReplay> {
    const format = formatOf(accept);
    const range = rangeOf(asked, format, lastId);
    await this.reach.assert(caller, session_id, signal);
    if (format !== 'json') return this.replays.of(session_id, range, asked, format);
    const page = await this.queries.execute(new GetEvents(session_id, range, asked.limit ?? 100, signal));
    if (page.events.length === 0) await this.replays.assertExists(session_id);
    return { session_id, ...page };
  }
}
