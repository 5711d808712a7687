import { ApiProperty } from '@nestjs/swagger';
import type { InquiryStep } from '#domain';
import { inquiryOutcomes } from '#domain';
import { inquiryExample } from './dto.ts';
import { timelineLimit } from './timeline.ts';

const nullableText = { type: String, nullable: true } as const;

class InquiryStepDto implements InquiryStep {
  @ApiProperty({
    enum: ['opened', 'asked', 'answered', 'failed', 'retried', 'skipped', 'closed', 'corrected'],
    description: '`retried`: the source is asked again at the time `at`.',
    example: 'answered',
  })
  step: InquiryStep['step'];
  @ApiProperty({ type: String, format: 'date-time', example: '2026-11-24T08:04:11.180Z' }) at: string;
  @ApiProperty({ description: 'The revision of the event in the session’s stream.', example: 7 })
  revision: number;
  @ApiProperty({ ...nullableText, example: 'orders' }) source: string | null;
  @ApiProperty({ type: Number, nullable: true, example: 1 }) attempt: number | null;
  @ApiProperty({ ...nullableText, description: 'Why a source failed or has no answer.' }) reason:
    | string
    | null;
  @ApiProperty({
    ...nullableText,
    description:
      'Why it closed (`settled`, `deadline`, `cancelled`, `session_over`), or what a correction is: `late`, `duplicate`.',
  })
  cause: string | null;
  @ApiProperty({ enum: [...inquiryOutcomes, null], nullable: true, type: String })
  outcome: InquiryStep['outcome'];
  @ApiProperty({
    type: String,
    format: 'date-time',
    required: false,
    description: 'When its source says that it happened.',
  })
  occurred_at_source?: string;
  @ApiProperty({ type: String, required: false, description: 'The W3C trace context that its source sent.' })
  source_traceparent?: string;
}

/** The answer of `GET …/inquiries/:inquiry_id/timeline`. */
export class InquiryTimelineDto {
  @ApiProperty({ format: 'uuid', example: inquiryExample.inquiry_id }) inquiry_id: string;
  @ApiProperty({ type: [InquiryStepDto], description: `In order, at most ${timelineLimit}.` })
  steps: readonly InquiryStepDto[];
  @ApiProperty({ description: 'Whether there are more steps.' }) truncated: boolean;
}
