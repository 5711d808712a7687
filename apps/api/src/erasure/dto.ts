import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import type { CheckedStore, ErasureReceipt, LegalHold, NamedExport, PartnerPrivacy } from '#domain';
import { purposeForm, purposePattern } from '#privacy';

/** The reason for a request. It outlives the partner's data, so it must be a name or an identifier, not a text. */
export class ReasonDto {
  @ApiProperty({
    type: String,
    example: 'ticket:8812',
    pattern: purposePattern.source,
    description: 'An identifier of yours. It is kept after the erasure, so it must not be personal.',
  })
  @IsString()
  @Matches(purposePattern, { message: `$property ${purposeForm}` })
  reason: string;
}

class LegalHoldDto implements Pick<LegalHold, 'reason' | 'placed_at'> {
  @ApiProperty({ example: 'case:2026-114' }) reason: string;
  @ApiProperty({ type: String, format: 'date-time' }) placed_at: string;
}

class CheckedStoreDto implements CheckedStore {
  @ApiProperty({ example: 'postgresql' }) store: string;
  @ApiProperty({ example: 'conversation_turn' }) what: string;
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'The number of items of the partner that it still has.',
  })
  left: number;
  @ApiProperty({ type: String, format: 'date-time' }) checked_at: string;
}

class NamedExportDto implements NamedExport {
  @ApiProperty({ type: String, format: 'uuid' }) export_id: string;
  @ApiProperty({ example: 'turns' }) form: string;
  @ApiProperty({ type: String, format: 'date-time' }) requested_at: string;
  @ApiProperty({ example: 'auditor' }) role: string;
  @ApiProperty({ example: 'meera', description: 'The subject of the token that requested it.' })
  subject: string;
}

class ErasureReceiptDto implements Omit<ErasureReceipt, 'requested_by'> {
  @ApiProperty({ type: String, format: 'uuid' }) receipt_id: string;
  @ApiProperty({ type: String, format: 'uuid' }) erasure_id: string;
  @ApiProperty({ example: 'ticket:8812' }) reason: string;
  @ApiProperty({ type: String, format: 'date-time' }) requested_at: string;
  @ApiProperty({ type: String, format: 'date-time' }) erased_at: string;
  @ApiProperty({
    enum: ['request', 'announcement', 'restriction'],
    description:
      'Whether it was erased at once, at the announced time, or when the data no longer had to be kept.',
  })
  after: ErasureReceipt['after'];
  @ApiProperty({ type: 'integer', example: 4 }) sessions: number;
  @ApiProperty({ type: 'integer', example: 1 }) keys_destroyed: number;
  @ApiProperty({
    type: String,
    format: 'date',
    nullable: true,
    example: '2026-12-31',
    description:
      'The day on which the last backup with the partner’s key has expired; null: nothing was encrypted.',
  })
  last_key_copy_gone_on: string | null;
  @ApiProperty({ type: [CheckedStoreDto], description: 'Each store as it was queried after the erasure.' })
  checked: readonly CheckedStoreDto[];
  @ApiProperty({
    type: [NamedExportDto],
    description:
      'The unmasked exports that held data of the partner, newest first, at most 500. Their files are removed; copies that ' +
      'were downloaded before remain with their recipients.',
  })
  exports: readonly NamedExportDto[];
}

const statuses = ['none', 'announced', 'restricted', 'in_progress', 'erased'] as const;

export class PartnerErasureDto {
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ enum: statuses }) status: (typeof statuses)[number];
  @ApiProperty({ type: String, nullable: true, example: 'ticket:8812' }) reason: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) requested_at: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When an announced erasure begins, or the data no longer have to be kept.',
  })
  due_at: string | null;
  @ApiProperty({ type: LegalHoldDto, nullable: true }) hold: LegalHoldDto | null;
  @ApiProperty({ type: ErasureReceiptDto, nullable: true, description: 'The receipt of the last erasure.' })
  receipt: ErasureReceiptDto | null;
}

export function toPartnerErasureDto(partner_id: string, privacy: PartnerPrivacy = {}): PartnerErasureDto {
  const { erasure, hold, receipt } = privacy;
  return {
    partner_id,
    status: statusOf(privacy),
    reason: erasure?.reason ?? null,
    requested_at: erasure?.requested_at ?? null,
    due_at: erasure !== undefined && 'due_at' in erasure ? erasure.due_at : null,
    hold: hold === undefined ? null : { reason: hold.reason, placed_at: hold.placed_at },
    receipt: receipt === undefined ? null : withoutRequester(receipt),
  };
}

function statusOf({ erasure, receipt }: PartnerPrivacy): PartnerErasureDto['status'] {
  if (erasure === undefined) return receipt === undefined ? 'none' : 'erased';
  return erasure.status === 'requested' ? 'in_progress' : erasure.status;
}

function withoutRequester({
  requested_by: _by,
  exports = [],
  ...receipt
}: ErasureReceipt): ErasureReceiptDto {
  return { ...receipt, exports };
}
