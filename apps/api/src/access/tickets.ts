import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Caller } from '#privacy';
import { Authentication } from './authentication.ts';
import { unauthenticated } from './problems.ts';

/** How long a ticket may be used, in seconds. */
export const ticketS = 30;

/**
 * Tickets for browsers, which cannot send a token with a WebSocket or an event stream. A ticket opens one connection,
 * on any node, and stands for the token that requested it.
 */
@Injectable()
export class Tickets {
  constructor(
    private readonly redis: Redis,
    private readonly authentication: Authentication,
  ) {}

  async issue(caller: Caller): Promise<string> {
    const ticket = randomBytes(32).toString('base64url');
    await this.redis.set(keyOf(ticket), JSON.stringify(caller), 'EX', ticketS);
    return ticket;
  }

  /** The caller of a ticket, once. @throws ProblemError for a ticket that was used or has expired */
  async redeem(ticket: string): Promise<Caller> {
    const text = await this.redis.getdel(keyOf(ticket));
    if (text === null) throw unauthenticated('The ticket was used before, or is too old.', true);
    return this.authentication.admitted(JSON.parse(text) as Caller, {});
  }
}

/** Hashed, so that a reader of Redis cannot use the tickets. */
function keyOf(ticket: string): string {
  return `ticket:${hash('sha256', ticket, 'base64url')}`;
}
