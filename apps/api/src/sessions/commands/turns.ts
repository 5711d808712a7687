import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNumber, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import type { JsonObject, Sender } from '#domain';
import { deduplicationIds, senders } from '#domain';
import { uuidV5 } from '#platform';
import { IsId, IsJsonObject, IsName, namePattern, OnlyWhen } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

export class RecordTurnDto {
  @ApiProperty({ enum: senders, example: 'user' })
  @IsIn(senders)
  sender: Sender;

  @ApiProperty({ example: 'My payout for October has not arrived', maxLength: 8_000 })
  @IsString()
  @Length(1, 8_000)
  message_text: string;

  @ApiPropertyOptional({ example: 'ask_payment_status', maxLength: 64, pattern: namePattern.source })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  @IsName()
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
    example: '5d1f0c7e-8a43-4c0e-9a6f-2b7c1d3e4f50',
    description: 'The turn’s id. A turn with the same id is recorded once.',
  })
  @IsOptional()
  @IsId()
  turn_id?: string;

  @ApiPropertyOptional({
    example: 'wamid.HBgM',
    description: 'The channel’s message id. A turn with the same id is recorded once.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  message_id?: string;

  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'The turn that this one answers: an earlier one. One that is not among the last ten turns of the session is stored ' +
      'with `in_reply_to_unresolved` in the event.',
  })
  @IsOptional()
  @IsId()
  in_reply_to?: string;

  @ApiPropertyOptional({
    example: 'confirm_month',
    maxLength: 64,
    pattern: namePattern.source,
    description: 'What the bot did in its turn.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  @IsName()
  bot_action?: string;

  @ApiPropertyOptional({
    example: 'I am checking your October payout.',
    maxLength: 8_000,
    description: 'With a user’s turn, the bot’s reply: a separate turn in the same append.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 8_000)
  @OnlyWhen('sender', 'user')
  response_text?: string;
}

/** The reply's turn id derives from the turn's, so that the same turn gives the same reply. */
export const recordTurn = defineCommand({
  type: 'RecordTurn',
  summary: 'Record a turn, with the bot’s reply if there is one',
  status: 201,
  body: RecordTurnDto,
  deduplicationIds,
  toCommand(dto, { newTurnId }) {
    const turn_id = dto.turn_id ?? newTurnId();
    const { response_text } = dto;
    return {
      type: 'RecordTurn',
      turn_id,
      message_id: dto.message_id ?? null,
      sender: dto.sender,
      message_text: dto.message_text,
      parsed_intent: dto.parsed_intent ?? null,
      intent_confidence: dto.intent_confidence ?? null,
      extracted_entities: dto.extracted_entities ?? {},
      in_reply_to: dto.in_reply_to ?? null,
      bot_action: dto.bot_action ?? null,
      response: response_text ? { turn_id: uuidV5('response', turn_id), message_text: response_text } : null,
    };
  },
});
