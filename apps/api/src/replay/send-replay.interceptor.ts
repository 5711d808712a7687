import type { Readable } from 'node:stream';
import type {
  BeforeApplicationShutdown,
  CallHandler,
  ExecutionContext,
  NestInterceptor,
} from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import { callerOf } from '../access/current-caller.ts';
import { OpenConnections } from '../access/open-connections.ts';
import { EventReplay } from './event-replay.ts';
import { streamTypes } from './format.ts';
import { whileThere } from '../common/while-there.ts';

/**
 * Sends a handler's `EventReplay`; passes other answers. The replay ends when its reader disconnects, its token
 * expires, the process stops, or the partner is restricted or asks to be erased.
 */
@Injectable()
export class SendReplayInterceptor implements NestInterceptor<unknown, unknown>, BeforeApplicationShutdown {
  private readonly open = new Set<() => void>();

  constructor(
    private readonly connections: OpenConnections,
    private readonly watch: PrivacyWatch,
    @Inject(RetentionConfig) private readonly config: Pick<RetentionConfig, 'restrictedRole'>,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    return next
      .handle()
      .pipe(map((answer) => (answer instanceof EventReplay ? this.send(answer, request, reply) : answer)));
  }

  /** Destroys the connections, so that no reader takes a partial history for a complete one. */
  beforeApplicationShutdown(): void {
    for (const breakOff of this.open) breakOff();
  }

  private send(replay: EventReplay, request: FastifyRequest, reply: FastifyReply): Readable {
    const { raw: response } = reply;
    const breakOff = (): void => void response.destroy();
    const caller = callerOf(request);
    const unwatch = this.connections.watch(caller, breakOff);
    const isClosed = (): boolean => {
      if (caller.role === this.config.restrictedRole) return false;
      if (!this.watch.isClosedSession(replay.session_id.toLowerCase())) return false;
      breakOff();
      return true;
    };
    this.open.add(breakOff);
    response.once('close', () => {
      unwatch();
      this.open.delete(breakOff);
    });
    void reply.headers({
      'content-type': `${streamTypes[replay.format]}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    return replay.toReadable(whileThere(request), isClosed);
  }
}
