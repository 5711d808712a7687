import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import type { Inquiry, InquirySource } from '#domain';
import { inquiryOutcomes } from '#domain';
import { inquiries } from '../common/declared.ts';
import { IsJsonObject } from '../common/validators.ts';

const time = { type: String, format: 'date-time' } as const;
const nullableTime = { ...time, nullable: true } as const;
const nullableObject = { type: 'object', additionalProperties: true, nullable: true } as const;

const source: InquirySource = {
  status: 'answered',
  required: true,
  after: [],
  attempt: 1,
  asked_at: '2026-11-24T08:04:11.000Z',
  settled_at: '2026-11-24T08:04:11.180Z',
  latency_ms: 180,
  reason: null,
  said_no: false,
  data: null,
};

export const inquiryExample: Inquiry = {
  inquiry_id: '5e7c3a0e-2f0b-5d5b-8f0e-0c6c9a0b1f11',
  kind: 'order_status',
  subject: { order_id: 'ORD9823' },
  about: { order: 'ORD9823' },
  status: 'complete',
  opened_at: '2026-11-24T08:04:11.000Z',
  deadline: '2026-11-24T08:04:16.000Z',
  closed_at: '2026-11-24T08:04:11.420Z',
  sources: {
    orders: source,
    logistics: {
      ...source,
      required: false,
      after: ['orders'],
      asked_at: source.settled_at,
      settled_at: '2026-11-24T08:04:11.420Z',
      latency_ms: 240,
    },
  },
  answer: {
    order_id: 'ORD9823',
    order_status: 'processed',
    status: 'out_for_delivery',
    tracking_id: 'TRK551',
  },
  corrections: 0,
  correlation_id: '4bf92f35-77b3-4da6-a3ce-929d0e0e4736',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

const [exampleKind = ''] = Object.keys(inquiries);
const subjects = Object.entries(inquiries)
  .map(([kind, { subject }]) => `${subject.map((field) => `\`${field}\``).join(' and ')} for ${kind}`)
  .join(', ');

/** The body of `POST …/inquiries`. */
export class OpenInquiryDto {
  @ApiProperty({ enum: Object.keys(inquiries), example: exampleKind })
  @IsString()
  kind: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: Object.fromEntries(inquiries[exampleKind]?.subject.map((field) => [field, 'ORD9823']) ?? []),
    description: `What is asked about: ${subjects}.`,
  })
  @IsJsonObject({ keys: 4, size: 1_000 })
  subject: Record<string, string>;

  @ApiProperty({
    required: false,
    nullable: true,
    type: Number,
    minimum: 50,
    maximum: 120_000,
    example: 5_000,
  })
  @IsOptional()
  @IsInt()
  @Min(50)
  @Max(120_000)
  timeout_ms?: number | null;
}

export class InquirySourceDto {
  @ApiProperty({
    enum: ['waiting', 'asked', 'retrying', 'answered', 'failed', 'skipped', 'late'],
    description: '`late`: answered after the inquiry was closed.',
  })
  status: InquirySource['status'];
  @ApiProperty() required: boolean;
  @ApiProperty({ type: [String], description: 'The sources whose answers it needs first.' })
  after: readonly string[];
  @ApiProperty({ description: 'The number of times it was asked.' }) attempt: number;
  @ApiProperty(nullableTime) asked_at: string | null;
  @ApiProperty(nullableTime) settled_at: string | null;
  @ApiProperty({ type: Number, nullable: true }) latency_ms: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'Why there is no answer.' }) reason:
    | string
    | null;
  @ApiProperty({
    required: false,
    description: 'It said itself that it has no answer, for good; not: it is silent, or could not be asked.',
  })
  said_no?: boolean;
  @ApiProperty({
    ...nullableObject,
    description: 'Its answer, while the inquiry is open, and when it is late.',
  })
  data: InquirySource['data'];
}

/** An inquiry and the state of each of its sources. */
export class InquiryDto {
  @ApiProperty({ format: 'uuid', example: inquiryExample.inquiry_id }) inquiry_id: string;
  @ApiProperty({ example: 'order_status' }) kind: string;
  @ApiProperty({ type: 'object', additionalProperties: true, example: inquiryExample.subject })
  subject: Inquiry['subject'];
  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: { type: 'string' },
    example: inquiryExample.about,
    description:
      'The `order`, `payout`, `tracking` and `partner` that its subject names, as its kind declares.',
  })
  about?: Inquiry['about'];
  @ApiProperty({
    enum: ['open', ...inquiryOutcomes],
    description:
      '`complete`: every source answered that had to be asked; `failed`: a required source said that it has no answer; ' +
      '`partial`: some source answered; `expired`: none did; `cancelled`: the answer was not wanted any more. The first ' +
      'that holds, `cancelled` before all.',
  })
  status: Inquiry['status'];
  @ApiProperty(time) opened_at: string;
  @ApiProperty(time) deadline: string;
  @ApiProperty(nullableTime) closed_at: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: { $ref: '#/components/schemas/InquirySourceDto' },
    example: inquiryExample.sources,
  })
  sources: Inquiry['sources'];
  @ApiProperty({ ...nullableObject, example: inquiryExample.answer, description: 'The merged answer.' })
  answer: Inquiry['answer'];
  @ApiProperty({ description: 'Late or duplicate answers.' }) corrections: number;
  @ApiProperty({
    description: 'The one of the request that opened it; requests, answers and the closing carry it.',
  })
  correlation_id: string;
  @ApiProperty({ type: String, nullable: true, description: 'The W3C trace context of that request.' })
  traceparent: string | null;
}

export class InquiriesDto {
  @ApiProperty({ type: [InquiryDto] }) open: readonly InquiryDto[];
  @ApiProperty({ type: [InquiryDto], description: 'The last three, latest last.' })
  closed: readonly InquiryDto[];
}

/** The answer of `POST …/inquiries`. */
export class InquiryAcceptedDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ format: 'uuid' }) inquiry_id: string;
  @ApiProperty({ description: 'The revision of the session.' }) revision: number;
  @ApiProperty(time) deadline: string;
  @ApiProperty({ description: 'The same question was already open: this is its inquiry.' }) joined: boolean;
}
