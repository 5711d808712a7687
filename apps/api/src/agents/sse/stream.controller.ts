import type { ServerResponse } from 'node:http';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RecordedEvent } from '#domain';
import { EventStore, readEvents } from '#sessions';
import { PrivacyWatch, SessionCache } from '#read-models';
import type { Caller } from '#privacy';
import { RetentionConfig } from '#privacy';
import { Access } from '../../access/access.decorator.ts';
import { CurrentCaller } from '../../access/current-caller.ts';
import { OpenConnections } from '../../access/open-connections.ts';
import { lastEventId } from '../../common/last-event-id.ts';
import { assertReaches } from '../../common/reach.ts';
import { ApiProblems } from '../../common/openapi.decorators.ts';
import { SessionParams } from '../../common/params.ts';
import { readerOf, Reads } from '../../privacy/reads.ts';
import { AgentMetrics } from '../common/metrics.ts';
import { Notifier } from '../delivery/notifier.ts';
import { PartnerClosedError, SessionFeed } from './session-feed.ts';
import { StreamQuery } from './stream.dto.ts';

/** Approximate bytes of events buffered for a reader. */
const stepBytes = 128 * 1024;

/** One session's events as they happen, for consoles and simple agents. */
@ApiTags('agents')
@Controller('v1')
export class StreamController implements BeforeApplicationShutdown {
  private readonly feeds = new Set<SessionFeed>();

  constructor(
    private readonly store: EventStore,
    private readonly sessionCache: SessionCache,
    private readonly notifier: Notifier,
    private readonly metrics: AgentMetrics,
    private readonly reads: Reads,
    private readonly connections: OpenConnections,
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  @Get('sessions/:session_id/stream')
  @Access('follow')
  @ApiOperation({ summary: 'The events of a session as they happen (Server-Sent Events)' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Resume after this revision.' })
  @ApiProduces('text/event-stream')
  @ApiResponse({
    status: 200,
    description: 'Each event with its revision as id, its type as event, and itself as JSON in data.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiProblems('validation_failed', 'forbidden', 'not_found', 'engine_unavailable')
  async stream(
    @CurrentCaller() caller: Caller,
    @Param() { session_id: id }: SessionParams,
    @Query() { after }: StreamQuery,
    @Headers('last-event-id') last: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const reader = readerOf(request);
    const session = await this.sessionCache.latest(id);
    assertReaches(caller, session);
    const { partner_id } = session.state.identity;
    const record = () => this.reads.record(reader, 'follow_events', [{ session_id: id, partner_id }]);
    await record();
    const from = lastEventId(last) ?? after ?? session.revision;
    reply.hijack();
    const response: ServerResponse = reply.raw;
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
    response.writeHead(200, { ...headers, 'x-accel-buffering': 'no' });
    const events = (revision: number) => readEvents(this.store, id, { from: revision, limit: 64, stepBytes });
    const read = (revision: number) => this.shown(events(revision), caller, partner_id, record);
    const feed = new SessionFeed(response, Math.min(from, session.revision), read);
    this.feeds.add(feed);
    const unwatch = this.connections.watch(caller, () => feed.end());
    // The close event follows.
    response.on('error', () => undefined);
    this.metrics.streams.inc();
    const { socket } = request.raw;
    const leave = (): void => {
      socket.off('close', leave);
      if (!this.feeds.delete(feed)) return;
      this.metrics.streams.dec();
      unwatch();
      feed.close();
      this.notifier.unwatch(id, feed.onNotification);
    };
    response.once('close', leave);
    // If the connection has closed by now, a response that begins later gets no close event.
    socket.once('close', leave);
    if (socket.destroyed) return leave();
    await this.notifier.watch(id, feed.onNotification);
    feed.start();
  }

  /** Ends the streams: their readers reconnect to another node with their Last-Event-ID. */
  beforeApplicationShutdown(): void {
    for (const feed of this.feeds) feed.end();
  }

  /** Events, each after the record of its hour. @throws when the partner has been restricted */
  private async *shown(
    events: AsyncIterable<RecordedEvent>,
    { role }: Caller,
    partnerId: string,
    record: () => Promise<void>,
  ): AsyncGenerator<RecordedEvent> {
    for await (const event of events) {
      await record();
      if (role !== this.config.restrictedRole && this.watch.isClosed(partnerId))
        throw new PartnerClosedError();
      yield event;
    }
  }
}
