import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Length, Matches } from 'class-validator';
import type { AccessCount, AccessRecord } from '#read-models';
import { Page } from '../common/page.dto.ts';
import { IsTime } from '../common/query-values.ts';

/** Visible characters only: the subjects of tokens come from another system. */
const subjectPattern = /^[^\p{Cc}\p{Cs}]*$/u;

export class AccessQuery extends Page {
  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({ example: 'asif', description: 'Who did it: the subject of the token.' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  @Matches(subjectPattern)
  subject?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'At or after this time.' })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsTime()
  to?: string;
}

export class AccessSummaryQuery extends Page {
  @ApiProperty({ format: 'date-time', description: 'At or after this time.' })
  @IsTime()
  from: string;

  @ApiProperty({ format: 'date-time', description: 'Before this time.' })
  @IsTime()
  to: string;
}

const nullableText = { type: String, nullable: true } as const;
const time = { type: String, format: 'date-time' } as const;

class Subject {
  @ApiProperty({ example: 'auditor', description: '`system`: a program that an operator ran.' }) role: string;
  @ApiProperty({ example: 'asif', description: 'The subject of the token; for a program, the user.' })
  subject: string;
}

export class AccessRecordDto extends Subject implements AccessRecord {
  @ApiProperty({ format: 'uuid' }) event_id: string;
  @ApiProperty(time) at: string;
  @ApiProperty({
    enum: ['read', 'act'],
    description: 'Personal data were shown, or an administrator did something.',
  })
  kind: 'read' | 'act';
  @ApiProperty({ ...nullableText, example: null }) instance: string | null;
  @ApiProperty({ example: 'read_turns' }) action: string;
  @ApiProperty({ type: [String], example: ['P7689'] }) partner_ids: readonly string[];
  @ApiProperty({ type: [String] }) session_ids: readonly string[];
  @ApiProperty({
    type: 'array',
    items: { type: 'string', nullable: true },
    nullable: true,
    example: null,
    description:
      'The partner of each session, in the same order; null: unknown. No list: all sessions are of the only partner; of several ' +
      'partners, it is unknown whose they are.',
  })
  session_partners: readonly (string | null)[] | null;
  @ApiProperty({ ...nullableText, example: 'complaint:4711' }) purpose: string | null;
  @ApiProperty({ ...nullableText, example: null, description: 'Further details.' }) what: string | null;
  @ApiProperty({ description: 'The request’s Correlation-Id, or its trace id.' })
  correlation_id: string;
}

export class AccessCountDto extends Subject implements AccessCount {
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ example: 3 }) records: number;
  @ApiProperty({
    type: Number,
    nullable: true,
    example: 2,
    description:
      'The number of sessions of the partner; null: unknown, since a record does not say whose its sessions are.',
  })
  sessions: number | null;
  @ApiProperty(time) first_at: string;
  @ApiProperty(time) last_at: string;
}

const next = { ...nullableText, description: 'Send as `after` for the next page; null at the end.' };

export class AccessPageDto {
  @ApiProperty({ type: [AccessRecordDto] }) items: AccessRecordDto[];
  @ApiProperty(next) next: string | null;
}

export class AccessSummaryDto {
  @ApiProperty({ type: [AccessCountDto] }) items: AccessCountDto[];
  @ApiProperty(next) next: string | null;
}
