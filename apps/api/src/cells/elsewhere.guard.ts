import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Session } from '#domain';
import { elsewhere, newSession } from '#domain';
import { SessionCache } from '#read-models';
import { EventStore, readPartner, UnprojectableEventError } from '#sessions';
import { elsewhereProblem } from '../common/problems.ts';

/**
 * Refuses to show sessions and partners that are in another cell: the data left here are outdated. Commands are
 * refused where they are decided.
 */
@Injectable()
export class ElsewhereGuard implements CanActivate {
  constructor(
    private readonly store: EventStore,
    private readonly sessions: SessionCache,
  ) {}

  /** Skips commands and installations without cells. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.store.cell === undefined || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return request.method !== 'GET' || this.refuseElsewhere(request);
  }

  private async refuseElsewhere(request: FastifyRequest): Promise<boolean> {
    const { partner_id, session_id } = (request.params ?? {}) as { partner_id?: string; session_id?: string };
    const cell =
      session_id === undefined
        ? partner_id && (await this.cellOfPartner(partner_id))
        : await this.cellOfSession(session_id.toLowerCase());
    if (cell === undefined || cell === '') return true;
    throw elsewhereProblem(cell);
  }

  /** A session that is still being copied belongs to another cell, too: its copied events say so. */
  private async cellOfSession(sessionId: string): Promise<string | null | undefined> {
    const { state, revision } = (await this.sessions.load(sessionId)) ?? (await this.folded(sessionId));
    return revision < 0 ? undefined : elsewhere(state.session.home, this.store.cell);
  }

  private async folded(sessionId: string): Promise<Session> {
    try {
      const session = await this.sessions.latest(sessionId);
      if (session.revision >= 0) this.sessions.remember(session);
      return session;
    } catch (error) {
      // The handler answers with the part that can be shown.
      if (error instanceof UnprojectableEventError) return newSession(sessionId);
      throw error;
    }
  }

  private async cellOfPartner(partnerId: string): Promise<string | null | undefined> {
    const { state, revision } = await readPartner(this.store, partnerId);
    return revision < 0 ? undefined : elsewhere(state.home, this.store.cell);
  }
}
