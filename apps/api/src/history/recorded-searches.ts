import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../access/current-caller.ts';
import { forbidden } from '../access/problems.ts';
import { mayDo } from '../access/rules.ts';
import { readerOf, Reads } from '../privacy/reads.ts';

/** Records searches by values of turns: even a search without results reveals something. */
@Injectable()
export class RecordedSearches {
  constructor(private readonly reads: Reads) {}

  /** @throws ProblemError `validation_failed` without a purpose; StoreUnavailableError: the search must not run */
  record(request: FastifyRequest, partnerId: string | undefined): Promise<void> {
    return this.reads.recordSearch(readerOf(request), 'search_turns', partnerId);
  }

  /**
   * A list by a token is a search. @throws ProblemError `forbidden` for a role that may not search, and as `record`
   */
  async ofToken(
    request: FastifyRequest,
    token: string | undefined,
    partnerId: string | undefined,
  ): Promise<void> {
    if (token === undefined) return;
    const { role } = callerOf(request);
    if (!mayDo(role, 'search')) throw forbidden(`The role ${role} may not look for a value.`);
    await this.record(request, partnerId);
  }
}
