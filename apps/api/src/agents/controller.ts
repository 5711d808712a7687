import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SessionCache } from '#read-models';
import type { Caller } from '#privacy';
import { mayJoin } from '#privacy';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { assertReaches } from '../common/reach.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { AgentsDto, AgentsQuery, SessionAgentDto } from './dto.ts';
import { Registry } from './registry/registry.ts';
import { RegistryViews } from './registry/views.ts';

/** Connected instances, and owners of sessions. */
@ApiTags('agents')
@Controller('v1')
export class AgentsController {
  constructor(
    private readonly registry: Registry,
    private readonly views: RegistryViews,
    private readonly sessionCache: SessionCache,
  ) {}

  @Get('agents')
  @Access('agents')
  @ApiOperation({
    summary: 'The agent instances that are connected, and the pools in which sessions wait',
    description: 'A page ends at `limit` instances or 1 MiB, whichever comes first.',
  })
  @ApiOkResponse({ type: AgentsDto })
  @ApiProblems('validation_failed', 'invalid_cursor', 'engine_unavailable')
  async agents(
    @CurrentCaller() caller: Caller,
    @Query() { pool, limit, after }: AgentsQuery,
  ): Promise<AgentsDto> {
    const { views } = this;
    const isShown = (name: string): boolean => mayJoin(caller, name);
    const [page, waiting] = await Promise.all([
      views.instances(isShown, pool, limit, after),
      views.waiting(),
    ]);
    const shown = waiting.filter((item) => isShown(item.pool) && (pool === undefined || item.pool === pool));
    return { agents: page.items, next: page.next, waiting: shown };
  }

  @Get('sessions/:session_id/agent')
  @Access('read')
  @ApiOperation({ summary: 'The agent instance that owns a session' })
  @ApiOkResponse({ type: SessionAgentDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async sessionAgent(
    @CurrentCaller() caller: Caller,
    @Param() { session_id: id }: SessionParams,
  ): Promise<SessionAgentDto> {
    const session = await this.sessionCache.latest(id);
    assertReaches(caller, session);
    const { state } = session;
    const { instance, epoch, pool, since, acknowledged } = state.agent;
    const known = pool === null ? undefined : await this.registry.session(id, pool).catch(() => undefined);
    const node = known?.instance === instance ? (known?.node ?? null) : null;
    const status = instance !== null ? 'attached' : pool !== null ? 'waiting' : 'none';
    return { session_id: id, status, instance, epoch, pool, node, since, acknowledged };
  }
}
