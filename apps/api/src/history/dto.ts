import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { JsonObject, Sender, SessionStatus } from '#domain';
import { senders } from '#domain';
import { channels } from '../common/declared.ts';
import { IsTime, IsWholeText } from '../common/query-values.ts';
import { IsId } from '../common/validators.ts';

const statuses = ['active', 'ended', 'expired'] as const;

/** Of a list, for its documentation. */
export const pageEnds =
  'A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.';

export class Page {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @IsOptional()
  @IsWholeText(1, 500)
  limit = 50;

  @ApiPropertyOptional({ description: 'The `next` of the previous page.' })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  after?: string;
}

export class SessionsQuery extends Page {
  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({ enum: statuses })
  @IsOptional()
  @IsIn(statuses)
  status?: SessionStatus;

  @ApiPropertyOptional({ enum: channels })
  @IsOptional()
  @IsIn(channels)
  channel?: string;
}

export class TurnsQuery extends Page {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsId()
  session_id?: string;

  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({ example: 'ask_payment_status' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  parsed_intent?: string;

  @ApiPropertyOptional({ enum: senders })
  @IsOptional()
  @IsIn(senders)
  sender?: Sender;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'At or after this time: that of a turn, or of one before it in its session if a clock went back.',
  })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsTime()
  to?: string;
}

const nullable = { nullable: true } as const;

/** The event of a session that cannot be projected. */
export class SetAsideDto {
  @ApiProperty({ example: 41 }) revision: number;
  @ApiProperty({ format: 'uuid' }) event_id: string;
  @ApiProperty({ example: 'GoalSet' }) type: string;
  @ApiProperty({ example: 'newer_schema_version' }) reason: string;
  @ApiProperty({ format: 'date-time' }) since: string;
}

export class SessionRowDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ format: 'date-time' }) start_time: string;
  @ApiProperty({ format: 'date-time' }) last_activity_time: string;
  @ApiProperty({ example: 'whatsapp' }) channel: string;
  @ApiProperty({ type: String, ...nullable, example: 'resolve_payment' }) current_task: string | null;
  @ApiProperty({ example: 'hi' }) language: string;
  @ApiProperty({ format: 'date-time' }) expires_at: string;
  @ApiProperty({ enum: [...statuses, 'erased'] }) status: SessionStatus;
  @ApiProperty({ example: 41 }) revision: number;
  @ApiProperty({
    type: SetAsideDto,
    ...nullable,
    example: null,
    description:
      'The event for which the session is set aside: its row and context do not advance. Null: it is not.',
  })
  set_aside?: SetAsideDto | null;
}

export class TurnRowDto {
  @ApiProperty({ format: 'uuid' }) turn_id: string;
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ApiProperty({ format: 'date-time' }) timestamp: string;
  @ApiProperty({ enum: senders }) sender: Sender;
  @ApiProperty({ example: 'Where is my payout?' }) message_text: string;
  @ApiProperty({ type: String, ...nullable, example: 'ask_payment_status' }) parsed_intent: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, example: { month: 'October' } })
  extracted_entities: JsonObject;
  @ApiProperty({ type: String, ...nullable, example: 'I am checking.' }) response_text: string | null;
  @ApiProperty({ example: 4 }) revision: number;
}

export class SessionsPageDto {
  @ApiProperty({ type: [SessionRowDto] }) items: SessionRowDto[];
  @ApiProperty({
    type: String,
    ...nullable,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}

export class TurnsPageDto {
  @ApiProperty({ type: [TurnRowDto] }) items: TurnRowDto[];
  @ApiProperty({
    type: String,
    ...nullable,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}
