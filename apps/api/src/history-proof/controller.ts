import { Controller, Get, Param, Query, Req } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '#platform';
import type { Caller } from '#privacy';
import { purposePattern } from '#privacy';
import type { NoProof } from '#sessions';
import { EventStore, HistoryConfig, proveEvent, verifySession } from '#sessions';
import { Access } from '../access/access.decorator.ts';
import { CurrentCaller } from '../access/current-caller.ts';
import { ApiProblems } from '../common/openapi.decorators.ts';
import { SessionParams } from '../common/params.ts';
import { sessionNotFound } from '../common/problems.ts';
import { SessionReach } from '../common/reach.ts';
import { requiredPurposeOf } from '../privacy/masking.ts';
import { readerOf, Reads } from '../privacy/reads.ts';
import { ProofDto, ProofQuery, VerificationDto } from './dto.ts';
import { KnownRoots } from './known-roots.ts';
import { WhileThere } from '../common/while-there.ts';

const reasons: Readonly<Record<Exclude<NoProof, 'not_found'>, string>> = {
  not_sealed: 'No signed root covers the event yet. The root of its day will.',
  faulty_root: 'A signed root that may cover the event has a fault; see …/verification.',
  not_chained: 'The event, or a later one, was written by a version without hashes.',
  broken: 'The history differs from the signed one; see …/verification.',
};

/** Verification of a conversation's history, and proofs of it for others. */
@ApiTags('reads')
@Controller('v1/sessions/:session_id')
export class HistoryProofController {
  constructor(
    private readonly store: EventStore,
    private readonly roots: KnownRoots,
    private readonly config: HistoryConfig,
    private readonly reach: SessionReach,
    private readonly reads: Reads,
  ) {}

  @Get('verification')
  @Access('verify')
  @ApiOperation({
    summary: 'Check that no event of a conversation was changed',
    description:
      'Reads the whole conversation, and compares the hash of each event with its content, the previous event, and the signed ' +
      'roots. The content is not shown.',
  })
  @ApiOkResponse({ type: VerificationDto })
  @ApiProblems('validation_failed', 'not_found', 'engine_unavailable')
  async verification(
    @CurrentCaller() caller: Caller,
    @Param() { session_id }: SessionParams,
    @WhileThere() signal: AbortSignal,
  ): Promise<VerificationDto> {
    await this.reach.assert(caller, session_id, signal);
    const roots = await this.roots.read();
    const report = await verifySession(this.store.until(signal), session_id, roots, this.config.keys);
    if (report === undefined) throw sessionNotFound();
    return report;
  }

  @Get('proof')
  @Access('prove')
  @ApiOperation({
    summary: 'A proof of one event, for others',
    description:
      'The stored event, with the hashes that lead from it to a signed root; for other events only the hash of ' +
      'their content is included. The read is recorded, since without encryption the stored bytes are readable.',
  })
  @ApiHeader({
    name: 'Access-Purpose',
    required: true,
    description: 'The purpose, as an identifier of yours. It is recorded.',
    schema: { type: 'string', pattern: purposePattern.source, example: 'complaint:4711' },
  })
  @ApiOkResponse({ type: ProofDto })
  @ApiProblems('validation_failed', 'not_found', 'no_proof', 'engine_unavailable')
  async proof(
    @Req() request: FastifyRequest,
    @Param() { session_id }: SessionParams,
    @Query() { revision }: ProofQuery,
    @WhileThere() signal: AbortSignal,
  ): Promise<ProofDto> {
    requiredPurposeOf(request);
    const reader = readerOf(request);
    await this.reach.assert(reader.caller, session_id, signal);
    const proof = await proveEvent(
      this.store.until(signal),
      session_id,
      revision,
      await this.roots.read(),
      this.config.keys,
    );
    if (proof === 'not_found') throw new ProblemError('not_found', 'There is no such event.');
    if (typeof proof === 'string') throw new ProblemError('no_proof', reasons[proof], { reason: proof });
    await this.reads.record(reader, 'prove_event', [{ session_id }]);
    return proof;
  }
}
