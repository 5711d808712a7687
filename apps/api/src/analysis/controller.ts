import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Optional,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { validationFailed } from '#platform';
import { DataKeys, readableSince } from '#privacy';
import { countTurns, findJourneys, partnerTimeline } from '#read-models';
import { Access } from '../access/access.decorator.ts';
import { callerOf } from '../access/current-caller.ts';
import { listable } from '../access/listable.ts';
import { RowReads } from '../analysts/row-reads.ts';
import { ageHeaders, ApiLongestAge, ApiProblems } from '../common/openapi.decorators.ts';
import { linkHeader, linkPages, pageEnds } from '../common/page-links.ts';
import { PartnerParams } from '../common/params.ts';
import { SessionReach } from '../common/reach.ts';
import { Shows } from '../privacy/shows.ts';
import { mostCounts, TimelinePageDto, TimelineQuery, TurnCountsDto, TurnCountsQuery } from './dto.ts';
import { JourneySearchDto, JourneysPageDto } from './journeys.dto.ts';
import { periodOf } from '../analysts/period.ts';
import { shownTimeline } from './shown.ts';

/** Queries over many conversations. */
@ApiTags('analysis')
@Controller('v1')
export class AnalysisController {
  constructor(
    private readonly rows: RowReads,
    private readonly reach: SessionReach,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  @Get('partners/:partner_id/timeline')
  @Access('analyse')
  @Shows(shownTimeline)
  @ApiOperation({
    summary: 'A partner over all sessions and channels: turns, goals, flags, handoffs, inquiries, by time',
    description: pageEnds,
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: TimelinePageDto, headers: { ...linkHeader, ...ageHeaders } })
  @ApiProblems('validation_failed', 'not_found', 'invalid_cursor', 'query_too_broad', 'engine_unavailable')
  async timeline(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param() { partner_id }: PartnerParams,
    @Query() query: TimelineQuery,
  ): Promise<TimelinePageDto> {
    const caller = callerOf(request);
    await this.reach.assertPartner(caller, partner_id);
    const active_since = readableSince(caller.readDays?.sessions);
    const page = await this.rows.page(request, query.after, (db, after) =>
      partnerTimeline(db, { ...query, partner_id, active_since, after }, this.keys),
    );
    linkPages(request, reply, { next: page.next === null ? undefined : { after: page.next } });
    return { partner_id, ...page };
  }

  @Get('stats/turns')
  @Access('analyse')
  @ApiOperation({
    summary: 'How many turns there are, by day, intent, channel, sender, goal and outcome',
    description:
      'By default of the last 31 days; a period may have at most 366 days. Forks are left out unless requested; partners whose ' +
      `data are restricted always are. At most ${mostCounts} groups.`,
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: TurnCountsDto, headers: ageHeaders })
  @ApiProblems('validation_failed', 'not_found', 'query_too_broad', 'engine_unavailable')
  async countTurns(@Req() request: FastifyRequest, @Query() query: TurnCountsQuery): Promise<TurnCountsDto> {
    const limits = { ...listable(callerOf(request)), limit: mostCounts };
    const period = periodOf(query);
    try {
      const found = await this.rows.run(request, (db) => countTurns(db, { ...query, ...period, ...limits }));
      return { ...period, ...found };
    } catch (error) {
      throw isUnknownZone(error) ? unknownZone() : error;
    }
  }

  @Post('journeys/search')
  @HttpCode(200)
  @Access('analyse')
  @ApiOperation({
    summary: 'Sessions that took some steps, by the time of the first',
    description:
      'For example "goal set, not completed within 10 minutes, then a handoff requested". The first step lies in the period: by default the last 31 ' +
      'days; at most 366 days.',
  })
  @ApiBody({
    type: JourneySearchDto,
    examples: {
      handoff: {
        summary: 'A goal that was not completed within ten minutes, and a handoff',
        value: {
          from: '2026-11-01T00:00:00Z',
          to: '2026-12-01T00:00:00Z',
          steps: [
            { kind: 'goal_set', name: 'resolve_payment' },
            { kind: 'goal_completed', same_name: true, not: true, within_s: 600 },
            { kind: 'handoff_requested' },
          ],
        },
      },
    },
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: JourneysPageDto, headers: ageHeaders })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'invalid_cursor',
    'query_too_broad',
    'engine_unavailable',
  )
  async findJourneys(
    @Req() request: FastifyRequest,
    @Body() query: JourneySearchDto,
  ): Promise<JourneysPageDto> {
    const scope = { ...listable(callerOf(request)), ...periodOf(query) };
    return this.rows.page(request, query.after, (db, after) =>
      findJourneys(db, { ...query, ...scope, after }),
    );
  }
}

/** PostgreSQL has its own list of time zones; all other values are valid at this point. */
function isUnknownZone(error: unknown): boolean {
  return (error as { code?: unknown }).code === '22023';
}

function unknownZone(): Error {
  return validationFailed([{ field: 'timezone', message: 'is not known to the database' }]);
}
