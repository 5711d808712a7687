import { ApiProperty } from '@nestjs/swagger';
import { IsRevision } from '../common/query-values.ts';

const hash = { type: String, example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU' } as const;
const faults = [
  'changed',
  'moved',
  'inserted',
  'dropped',
  'missing',
  'unreadable',
  'rewritten',
  'removed',
  'unchained',
];

/** The event to prove. */
export class ProofQuery {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'The revision of the event.' })
  @IsRevision()
  revision: number;
}

class FaultDto {
  @ApiProperty({ enum: faults })
  kind: string;

  @ApiProperty({ type: Number, example: 17 })
  revision: number;

  @ApiProperty({ type: Number, required: false, description: 'The last revision, if there are several.' })
  to?: number;

  @ApiProperty({ type: Number, required: false, description: 'The original revision of a moved event.' })
  belongs_at?: number;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  event_id?: string;

  @ApiProperty({ type: String, required: false, example: 'TurnRecorded' })
  type?: string;

  @ApiProperty({ type: String, example: 'What was at revisions 17 to 18 is not there any more.' })
  detail: string;
}

class RootFaultDto {
  @ApiProperty({ type: Number, example: 3, description: 'The number of the root.' })
  number: number;

  @ApiProperty({
    enum: ['signature', 'unknown_key', 'order', 'leaves', 'differs', 'gone'],
    description: '`unknown_key`: no public key of this server can verify it.',
  })
  kind: string;

  @ApiProperty({ type: String, example: 'Its signature: invalid.' })
  detail: string;

  @ApiProperty({
    type: Number,
    required: false,
    description: 'The page of its leaves, if only that is faulty.',
  })
  page?: number;
}

class GapDto {
  @ApiProperty({ enum: ['not_chained', 'truncated', 'deleted'] })
  kind: string;

  @ApiProperty({ type: Number, example: 0 })
  from: number;

  @ApiProperty({ type: Number, example: 9 })
  to: number;

  @ApiProperty({ enum: ['retention', 'erasure', 'encrypt-history'], required: false })
  reason?: string;
}

/** The result of verifying the history of a session. */
export class VerificationDto {
  @ApiProperty({ type: String, format: 'uuid' })
  session_id: string;

  @ApiProperty({
    type: Boolean,
    description:
      'Whether all events are unchanged, as far as that can be proven. False, too, where a signed root that may cover ' +
      'them cannot be verified (`root_faults`).',
  })
  intact: boolean;

  @ApiProperty({ type: Number, example: 42, description: 'The number of existing events.' })
  events: number;

  @ApiProperty({ type: Number, example: 41, description: 'The last revision; -1: there are no events.' })
  revision: number;

  @ApiProperty({ ...hash, nullable: true, description: 'The hash of the whole history.' })
  chain: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    example: 38,
    description: 'The last revision that a signed root covers.',
  })
  sealed_to: number | null;

  @ApiProperty({ type: [FaultDto], description: 'What was changed.' })
  faults: readonly FaultDto[];

  @ApiProperty({
    type: [RootFaultDto],
    maxItems: 20,
    description:
      'Faults of signed roots that may cover the session, the first 20. With them alone no event is known to be changed, but a ' +
      'change may be hidden.',
  })
  root_faults: readonly RootFaultDto[];

  @ApiProperty({ type: [GapDto], description: 'Gaps: parts that cannot be proven, which are not faults.' })
  gaps: readonly GapDto[];
}

class StoredEventDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'TurnRecorded' })
  type: string;

  @ApiProperty({
    type: String,
    format: 'byte',
    description: 'The stored bytes; with keys, encrypted.',
  })
  data: string;

  @ApiProperty({ type: String, format: 'byte' })
  metadata: string;
}

class LeafDto {
  @ApiProperty({ type: String, example: 'session-0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10' })
  stream: string;

  @ApiProperty({ type: Number, example: 41 })
  revision: number;

  @ApiProperty(hash)
  chain: string;
}

class StepDto {
  @ApiProperty({ enum: ['left', 'right'] })
  side: string;

  @ApiProperty(hash)
  hash: string;
}

class SignedRootDto {
  @ApiProperty({ type: String, description: 'The signed bytes, as JSON.' })
  statement: string;

  @ApiProperty({ type: String, nullable: true, description: 'Ed25519, base64url.' })
  signature: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'q1Jw6r8pQm0bYk2c' })
  key_id: string | null;
}

/** The proof of one event, which `docs/check-proof.mjs` checks. */
export class ProofDto {
  @ApiProperty({ type: Number, example: 1 })
  version: number;

  @ApiProperty({ type: String, example: 'session-0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10' })
  stream: string;

  @ApiProperty({ type: Number, example: 17 })
  revision: number;

  @ApiProperty({ type: StoredEventDto })
  event: StoredEventDto;

  @ApiProperty({ ...hash, description: 'The hash of the previous event.' })
  previous: string;

  @ApiProperty({
    type: [String],
    example: [hash.example],
    description: 'The hash of the content of each later event.',
  })
  path: readonly string[];

  @ApiProperty({ type: LeafDto })
  leaf: LeafDto;

  @ApiProperty({ type: [StepDto], description: 'From the leaf to the root.' })
  merkle: readonly StepDto[];

  @ApiProperty({ type: SignedRootDto })
  root: SignedRootDto;
}
