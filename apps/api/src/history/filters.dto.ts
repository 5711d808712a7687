import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { Sender } from '#domain';
import { inquiryOutcomes, senders } from '#domain';
import type { ForkChoice } from '#read-models';
import { channels } from '../common/declared.ts';
import { IsTime } from '../common/query-values.ts';
import { IsFlagName, IsId } from '../common/validators.ts';
import { ForkFilter } from './fork-fields.ts';

const handoffs = ['none', 'requested', 'accepted', 'returned'] as const;
const actorRoles = ['agent', 'service', 'human', 'system', 'analyst', 'auditor', 'admin'] as const;

/** A period, in a query or a body. */
export class Period {
  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start.',
  })
  @IsOptional()
  @IsTime()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Before this time.' })
  @IsOptional()
  @IsTime()
  to?: string;
}

/** Filters of turns or sessions; all of them have to match. */
export class Filters extends Period {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsId()
  session_id?: string;

  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({
    enum: channels,
    description: 'For a turn, the channel when it was recorded; for a session, its current one.',
  })
  @IsOptional()
  @IsIn(channels)
  channel?: string;

  @ApiPropertyOptional({ enum: senders })
  @IsOptional()
  @IsIn(senders)
  sender?: Sender;

  @ApiPropertyOptional({ example: 'ask_payment_status' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  parsed_intent?: string;

  @ApiPropertyOptional({
    example: 'resolve_payment',
    description: 'For a turn, the current goal when it was recorded; for a session, a goal that was set.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  goal?: string;

  @ApiPropertyOptional({ example: 'vip', description: 'A flag that was raised in the session.' })
  @IsOptional()
  @IsFlagName()
  flag?: string;

  @ApiPropertyOptional({
    enum: handoffs,
    description: 'The handoffs of the session; `none`: none was requested.',
  })
  @IsOptional()
  @IsIn(handoffs)
  handoff?: (typeof handoffs)[number];

  @ApiPropertyOptional({ enum: inquiryOutcomes, description: 'The outcome of an inquiry of the session.' })
  @IsOptional()
  @IsIn(inquiryOutcomes)
  inquiry_outcome?: (typeof inquiryOutcomes)[number];

  @ApiPropertyOptional({ enum: actorRoles, description: 'The role of the caller that recorded a turn.' })
  @IsOptional()
  @IsIn(actorRoles)
  actor_role?: (typeof actorRoles)[number];

  @ApiPropertyOptional({
    example: 'payout-bot',
    description: 'The subject of the token with which a turn was recorded.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 255)
  actor_id?: string;

  @ForkFilter('Forks are left out by default, unless `session_id` is given.')
  forks?: ForkChoice;
}
