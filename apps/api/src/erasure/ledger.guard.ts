import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import { LedgerCheck } from '#read-models';
import { isOfApi } from '../access/routes.ts';

/**
 * Refuses all requests until the keys of erased partners, by the ledger, the list of erasures and the receipts, are destroyed again: a
 * store may have been restored.
 */
@Injectable()
export class LedgerGuard implements CanActivate {
  constructor(private readonly ledger: LedgerCheck) {}

  canActivate(context: ExecutionContext): boolean {
    if (!this.ledger.mayHaveErasedKeys || context.getType() !== 'http') return true;
    if (!isOfApi(context.switchToHttp().getRequest<FastifyRequest>())) return true;
    throw ledgerNotApplied();
  }
}

export function ledgerNotApplied(): ProblemError {
  return new ProblemError('engine_unavailable', 'The ledger of erasures is not applied yet.');
}
