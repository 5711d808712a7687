import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { elsewhere } from '#domain';
import { SessionCache } from '#read-models';
import { EventStore, readPartner, sessionStream } from '#sessions';
import { elsewhereProblem } from '../common/problems.ts';

/**
 * Refuses to show sessions and partners that are in another cell: what is left of them here is old. Commands are refused
 * where they are decided.
 */
@Injectable()
export class ElsewhereGuard implements CanActivate {
  constructor(
    private readonly store: EventStore,
    private readonly sessions: SessionCache,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.store.cell === undefined || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.method !== 'GET') return true;
    const { partner_id, session_id } = (request.params ?? {}) as { partner_id?: string; session_id?: string };
    const cell =
      session_id === undefined
        ? partner_id && (await this.cellOfPartner(partner_id))
        : await this.cellOfSession(session_id.toLowerCase());
    if (cell === undefined || cell === '') return true;
    throw elsewhereProblem(cell);
  }

  /** Of one that no cache has, the last event says whether it has left. */
  private async cellOfSession(sessionId: string): Promise<string | null | undefined> {
    const session = await this.sessions.load(sessionId);
    if (session !== undefined) return elsewhere(session.state.session.home, this.store.cell);
    const last = await this.store.readLast(sessionStream(sessionId));
    return last?.type === 'SessionMoved' ? (last.data as { to: string }).to : undefined;
  }

  private async cellOfPartner(partnerId: string): Promise<string | null | undefined> {
    const { state, revision } = await readPartner(this.store, partnerId);
    return revision < 0 ? undefined : elsewhere(state.home, this.store.cell);
  }
}
