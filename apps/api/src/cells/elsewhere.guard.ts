import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Session } from '#domain';
import { elsewhere } from '#domain';
import { SessionCache } from '#read-models';
import { EventStore, readPartner, sessionStream, UnprojectableEventError } from '#sessions';
import type { Rule } from '../access/access.decorator.ts';
import { RULE } from '../access/access.decorator.ts';
import { elsewhereProblem, sessionNotFound } from '../common/problems.ts';

/** The rules of routes that read rows of sessions: such a route names a session or partner in its query or body, too. */
const lists: ReadonlySet<Rule | undefined> = new Set(['list', 'search', 'analyse']);

/** Longer texts are no ids: validation refuses them. */
const longestId = 64;

/**
 * Refuses to show sessions and partners that are in another cell: the data left here are outdated. Commands are
 * refused where they are decided.
 */
@Injectable()
export class ElsewhereGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly store: EventStore,
    private readonly sessions: SessionCache,
  ) {}

  /** Skips commands and installations without cells. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.store.cell === undefined || context.getType() !== 'http') return true;
    const { method, params, query, body } = context.switchToHttp().getRequest<FastifyRequest>();
    const isList = lists.has(this.reflector.get<Rule | undefined>(RULE, context.getHandler()));
    if (method !== 'GET' && !isList) return true;
    return this.refuseElsewhere(isList ? [params, query, body] : [params], isList);
  }

  private async refuseElsewhere(named: readonly unknown[], isList: boolean): Promise<true> {
    const sessionId = idIn(named, 'session_id')?.toLowerCase();
    const partnerId = idIn(named, 'partner_id');
    let cell: string | null | undefined;
    // In the order of the router.
    if (partnerId !== undefined) cell = await this.cellOfPartner(partnerId);
    else if (sessionId !== undefined) cell = await this.cellOfSession(sessionId, isList);
    if (cell === undefined) return true;
    throw elsewhereProblem(cell);
  }

  /**
   * A session that is still being copied belongs to another cell, too: its copied events say so. @throws ProblemError `not_found` when
   * the rows of a session are asked for that this cell has never had: an empty list would end a router's search
   */
  private async cellOfSession(sessionId: string, isList: boolean): Promise<string | null | undefined> {
    const session = (await this.sessions.load(sessionId)) ?? (await this.folded(sessionId));
    if (session === undefined) return undefined;
    if (session.revision >= 0) return elsewhere(session.state.session.home, this.store.cell);
    if (isList && !(await this.store.wasDeleted(sessionStream(sessionId)))) throw sessionNotFound();
    return undefined;
  }

  /** Undefined: it cannot be read; the handler answers with the part that can be shown. */
  private async folded(sessionId: string): Promise<Session | undefined> {
    try {
      const session = await this.sessions.latest(sessionId);
      if (session.revision >= 0) this.sessions.remember(session);
      return session;
    } catch (error) {
      if (error instanceof UnprojectableEventError) return undefined;
      throw error;
    }
  }

  private async cellOfPartner(partnerId: string): Promise<string | null | undefined> {
    const { state, revision } = await readPartner(this.store, partnerId);
    return revision < 0 ? undefined : elsewhere(state.home, this.store.cell);
  }
}

/** The first id of that name. Nothing is validated yet. */
function idIn(named: readonly unknown[], name: 'session_id' | 'partner_id'): string | undefined {
  return named
    .map((given) => (given as Readonly<Record<string, unknown>> | null | undefined)?.[name])
    .find((id): id is string => typeof id === 'string' && id !== '' && id.length <= longestId);
}
