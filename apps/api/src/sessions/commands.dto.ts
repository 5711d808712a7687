import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { Channel, Json, JsonObject, Sender, UpdateGoal } from '#domain';
import { channels, goalStatuses, senders } from '#domain';
import { IsJsonObject, IsJsonScalar, IsPreferences, languageTag, OnlyWhen } from '../common/validators.ts';

const languageMessage = { message: '$property must be a language tag such as "hi" or "en-IN"' };
const nameMessage = { message: '$property takes letters, digits and _ . : - only' };
const reason = { example: 'bank details changed', maxLength: 500 };

export class StartSessionDto {
  @ApiProperty({ example: 'P7689', maxLength: 64, description: 'The delivery partner.' })
  @IsString()
  @Length(1, 64)
  @Matches(/^[A-Za-z0-9_.:-]*$/, nameMessage)
  partner_id: string;

  @ApiProperty({ enum: channels, example: 'whatsapp' })
  @IsIn(channels)
  channel: Channel;

  @ApiPropertyOptional({
    example: 'hi',
    description: 'Left out: the language the partner used last, else `en`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(35)
  @Matches(languageTag, languageMessage)
  language?: string;

  @ApiPropertyOptional({ example: 'Pune', maxLength: 64 })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  region?: string;

  @ApiPropertyOptional({ example: 'Asha', maxLength: 128 })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  name?: string;

  @ApiPropertyOptional({ example: 'android-14', maxLength: 128 })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  device?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'UUID v4 for the session. Left out: one is made.' })
  @IsOptional()
  @IsUUID('4')
  session_id?: string;

  @ApiPropertyOptional({
    example: 86_400,
    minimum: 1,
    description: 'Seconds of silence until the session expires.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(31_536_000)
  expires_in_s?: number;
}

export class RecordTurnDto {
  @ApiProperty({ enum: senders, example: 'user' })
  @IsIn(senders)
  sender: Sender;

  @ApiProperty({ example: 'My payout for October has not arrived', maxLength: 8_000 })
  @IsString()
  @Length(1, 8_000)
  message_text: string;

  @ApiPropertyOptional({ example: 'ask_payment_status', maxLength: 64 })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  parsed_intent?: string;

  @ApiPropertyOptional({ example: 0.93, minimum: 0, maximum: 1 })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  intent_confidence?: number;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { month: 'October' } })
  @IsOptional()
  @IsJsonObject({ keys: 50, size: 16_384 })
  extracted_entities?: JsonObject;

  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The turn’s own id: the same turn again adds nothing.',
  })
  @IsOptional()
  @IsUUID()
  turn_id?: string;

  @ApiPropertyOptional({
    example: 'wamid.HBgM',
    description: 'The channel’s message id, with the same effect.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  message_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'The turn that this one answers.' })
  @IsOptional()
  @IsUUID()
  in_reply_to?: string;

  @ApiPropertyOptional({
    example: 'confirm_month',
    maxLength: 64,
    description: 'What the bot did in its turn.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  bot_action?: string;

  @ApiPropertyOptional({
    example: 'I am checking your October payout.',
    maxLength: 8_000,
    description: 'With a user’s turn, the bot’s reply: a turn of its own, in the same append.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 8_000)
  @OnlyWhen('sender', 'user')
  response_text?: string;
}

export class SetGoalDto {
  @ApiProperty({ example: 'resolve_payment', maxLength: 64 })
  @IsString()
  @Length(1, 64)
  goal: string;

  @ApiPropertyOptional({ example: 'verify_bank', maxLength: 64 })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  step?: string;
}

export class UpdateGoalDto {
  @ApiPropertyOptional({ example: 'confirm_month', maxLength: 64 })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  step?: string;

  @ApiPropertyOptional({ enum: goalStatuses, example: 'completed' })
  @IsOptional()
  @IsIn(goalStatuses)
  status?: NonNullable<UpdateGoal['status']>;
}

export class RaiseFlagDto {
  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }],
    example: true,
    default: true,
  })
  @IsOptional()
  @IsJsonScalar({ nullable: false })
  value?: Json;
}

export class SwitchChannelDto {
  @ApiProperty({ enum: channels, example: 'ivr' })
  @IsIn(channels)
  channel: Channel;
}

export class ChangePreferencesDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { language: 'hi', call_back: 'evening' },
    description: 'Name and value; null removes one. `language` is the preferred language.',
  })
  @IsPreferences({ keys: 32 })
  preferences: JsonObject;
}

export const handoffActions = ['request', 'accept', 'return'] as const;

export class HandoffDto {
  @ApiProperty({ enum: handoffActions, example: 'request' })
  @IsIn(handoffActions)
  action: (typeof handoffActions)[number];

  @ApiPropertyOptional({ ...reason, description: 'With `request`: why.' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @OnlyWhen('action', 'request')
  reason?: string;

  @ApiPropertyOptional({
    example: 'desk-4',
    description: 'With `accept`: who takes over. Left out: the caller.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  @OnlyWhen('action', 'accept')
  accepted_by?: string;

  @ApiPropertyOptional({ example: 'bank details corrected', maxLength: 500, description: 'With `return`.' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  @OnlyWhen('action', 'return')
  note?: string;
}

export class EndSessionDto {
  @ApiPropertyOptional({ example: 'resolved', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}

export class ExternalUpdateDto {
  @ApiProperty({ example: 'logistics', maxLength: 64, description: 'The system that the news comes from.' })
  @IsString()
  @Length(1, 64)
  @Matches(/^[A-Za-z0-9_.:-]*$/, nameMessage)
  system: string;

  @ApiProperty({ example: 'shipment_updated', maxLength: 128 })
  @IsString()
  @Length(1, 128)
  kind: string;

  @ApiPropertyOptional({
    example: 'ORD9823',
    maxLength: 128,
    description: 'The order, payout or other thing concerned.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 128)
  reference?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { order_id: 'ORD9823', status: 'out_for_delivery' },
  })
  @IsJsonObject({ keys: 200, size: 131_072 })
  data: JsonObject;

  @ApiProperty({
    example: 'evt-20931',
    description: 'The update’s id in its system: the same again adds nothing.',
  })
  @IsString()
  @Length(1, 255)
  source_event_id: string;
}
