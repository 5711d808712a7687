import { Body, Controller, Get, HttpCode, Inject, Optional, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '#privacy';
import { DataKeys } from '#privacy';
import type { RowLimits } from '#read-models';
import { followTurns, listSessions, listTurns } from '#read-models';
import { Access } from '../access/access.decorator.ts';
import { callerOf } from '../access/current-caller.ts';
import { listable } from '../access/listable.ts';
import { assertBounded, mostDays, searchedPeriod } from '../analysts/bounded.ts';
import { RowReads } from '../analysts/row-reads.ts';
import { ageHeaders, ApiLongestAge, ApiProblems } from '../common/openapi.decorators.ts';
import { linkHeader, linkPages, pageEnds } from '../common/page-links.ts';
import { SessionReach } from '../common/reach.ts';
import { Shows } from '../privacy/shows.ts';
import { SessionsPageDto, SessionsQuery, TurnsPageDto, TurnsQuery } from './dto.ts';
import { RecordedSearches } from './recorded-searches.ts';
import { TurnSearchDto } from './search.dto.ts';
import { TurnSearch } from './search.ts';
import { shownTurns } from './shown.ts';
import { mostDaysOfAnalysts, usualDays } from '../analysts/period.ts';

/** The period that a search by the contents of turns covers. */
const searchPeriod =
  `Without \`partner_id\` and \`session_id\` the last ${usualDays} days before \`to\` are searched; \`from\` may be at most ${mostDays} ` +
  `days before it for agents and services, ${mostDaysOfAnalysts} for others.`;

/** Sessions and turns of many conversations. */
@ApiTags('reads')
@Controller('v1')
export class ListsController {
  constructor(
    private readonly rows: RowReads,
    private readonly reach: SessionReach,
    private readonly search: TurnSearch,
    private readonly searches: RecordedSearches,
    @Optional() @Inject(DataKeys) private readonly keys?: DataKeys,
  ) {}

  @Get('sessions')
  @Access('list')
  @ApiOperation({
    summary: 'Sessions, newest first, filtered by their properties and events',
    description:
      'The filters on turns (sender, intent, actor, entity) all apply to the same turn of the session. ' +
      `With \`entity\`: ${searchPeriod} ${pageEnds}`,
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: SessionsPageDto, headers: { ...linkHeader, ...ageHeaders } })
  @ApiProblems('validation_failed', 'not_found', 'invalid_cursor', 'query_too_broad', 'engine_unavailable')
  async sessions(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() { entity, ...query }: SessionsQuery,
  ): Promise<SessionsPageDto> {
    const caller = callerOf(request);
    const limits = listable(caller);
    assertBounded(caller, 'sessions', query);
    const period = entity === undefined ? {} : searchedPeriod(caller, query);
    await this.searches.ofToken(request, entity, query.partner_id);
    const token = await this.search.tokenOf(entity);
    const page = await this.rows.page(request, query.after, (db, after) =>
      listSessions(db, { ...query, ...period, ...token, ...limits, after }),
    );
    linkPages(request, reply, { next: page.next === null ? undefined : { after: page.next } });
    return page;
  }

  @Get('turns')
  @Access('list')
  @Shows(shownTurns)
  @ApiOperation({
    summary: 'Turns, oldest first, filtered by their properties and the events of their session',
    description:
      `The turns of one session keep their order, even if the clocks of nodes differ. ${pageEnds} The first page has ` +
      '`latest`, from which `order=recorded` continues: each turn that was not visible yet is returned once, in whatever order partitions write. ' +
      `With \`entity\`: ${searchPeriod}`,
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: TurnsPageDto, headers: { ...linkHeader, ...ageHeaders } })
  @ApiProblems('validation_failed', 'not_found', 'invalid_cursor', 'query_too_broad', 'engine_unavailable')
  async turns(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query() { entity, order, ...query }: TurnsQuery,
  ): Promise<TurnsPageDto> {
    const caller = callerOf(request);
    // A follower continues from its cursor: older rows are not read again.
    const isFirst = order !== 'recorded' || query.after === undefined;
    if (isFirst) assertBounded(caller, 'turns', query);
    const period = isFirst && entity !== undefined ? searchedPeriod(caller, query) : {};
    const limits = await this.turnsWithin(caller, query);
    await this.searches.ofToken(request, entity, query.partner_id);
    const filter = { ...query, ...period, ...(await this.search.tokenOf(entity)), ...limits };
    // The cursor of a follower has a position for each partition, so it misses nothing on a server that lags behind.
    const page: TurnsPageDto =
      order === 'recorded'
        ? await this.rows.run(request, (db) => followTurns(db, filter, undefined, this.keys))
        : await this.rows.page(request, query.after, (db, after) =>
            listTurns(db, { ...filter, order, after }, undefined, this.keys),
          );
    const { next, latest = null } = page;
    linkPages(request, reply, {
      next: next === null ? undefined : { after: next },
      latest: latest === null ? undefined : { order: 'recorded', after: latest },
    });
    return page;
  }

  @Post('turns/search')
  @HttpCode(200)
  @Access('search')
  @Shows(shownTurns)
  @ApiOperation({
    summary: 'Turns that hold a value of an entity, or words',
    description:
      'Both are found by keyed hashes, since they are stored only encrypted. Auditors and administrators need a purpose, and ' +
      `each search is recorded, even without results. ${searchPeriod} ${pageEnds}`,
  })
  @ApiBody({
    type: TurnSearchDto,
    examples: {
      month: { summary: 'A month', value: { entity: { name: 'month', value: 'October' }, limit: 20 } },
      phone: {
        summary: 'A personal value',
        value: { entity: { name: 'phone', value: '98765 43210' }, partner_id: 'P7689' },
      },
      words: { summary: 'Words', value: { text: 'paisa kab', partner_id: 'P7689', order: 'desc' } },
    },
  })
  @ApiLongestAge()
  @ApiOkResponse({ type: TurnsPageDto, headers: ageHeaders })
  @ApiProblems(
    'validation_failed',
    'malformed_json',
    'payload_too_large',
    'unsupported_media_type',
    'not_found',
    'invalid_cursor',
    'query_too_broad',
    'engine_unavailable',
  )
  async searchTurns(@Req() request: FastifyRequest, @Body() query: TurnSearchDto): Promise<TurnsPageDto> {
    const caller = callerOf(request);
    assertBounded(caller, 'turns', query);
    const period = searchedPeriod(caller, query);
    await this.searches.record(request, query.partner_id);
    const limits = await this.turnsWithin(caller, query);
    return this.rows.page(request, query.after, (db, after) =>
      this.search.find(db, { ...query, ...period, after }, limits),
    );
  }

  /** The turns of one session are shown if the caller reaches the session, by its stream. */
  private async turnsWithin(
    caller: Caller,
    { session_id }: Pick<TurnsQuery, 'session_id'>,
  ): Promise<RowLimits> {
    if (session_id === undefined) return listable(caller);
    await this.reach.assert(caller, session_id);
    return {};
  }
}
