import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { IsWholeText } from '../common/query-values.ts';
import { poolPattern } from './gateway/frames.ts';

export class AgentsQuery {
  @ApiProperty({ required: false, description: 'Only the instances of this pool.' })
  @IsOptional()
  @Matches(poolPattern)
  pool?: string;

  @ApiProperty({ type: Number, required: false, default: 1000, minimum: 1, maximum: 10_000 })
  @IsOptional()
  @IsWholeText(1, 10_000)
  limit = 1000;

  @ApiProperty({ required: false, description: 'The `next` of the previous page.' })
  @IsOptional()
  @IsString()
  @Length(1, 256)
  after?: string;
}

export class AgentInstanceDto {
  @ApiProperty({ example: 'bot-7' }) instance: string;
  @ApiProperty({ example: 'support' }) pool: string;
  @ApiProperty({ description: 'The api node that it is connected to.' }) node: string;
  @ApiProperty({ example: 50 }) capacity: number;
  @ApiProperty({ example: 12, description: 'How many sessions it owns.' }) sessions: number;
  @ApiProperty({ description: 'Whether it hands its sessions over and takes no new ones.' })
  draining: boolean;
  @ApiProperty({ type: String, format: 'date-time' }) since: string;
  @ApiProperty({ description: 'Milliseconds until its lease ends; below 0: its sessions are about to move.' })
  lease_ms: number;
}

export class WaitingPoolDto {
  @ApiProperty({ example: 'support' }) pool: string;
  @ApiProperty({ example: 3, description: 'Sessions that wait for an instance of the pool.' })
  sessions: number;
}

export class AgentsDto {
  @ApiProperty({ type: [AgentInstanceDto] }) agents: AgentInstanceDto[];
  @ApiProperty({ type: String, nullable: true, description: 'Send as `after`; null on the last page.' })
  next: string | null;
  @ApiProperty({ type: [WaitingPoolDto] }) waiting: WaitingPoolDto[];
}

const nullableText = { type: String, nullable: true } as const;

export class SessionAgentDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({
    enum: ['attached', 'waiting', 'none'],
    description: 'An instance owns the session, the session waits for one of its pool, or it has none.',
  })
  status: 'attached' | 'waiting' | 'none';

  @ApiProperty({ ...nullableText, example: 'bot-7' }) instance: string | null;
  @ApiProperty({ example: 3, description: 'Grows with each attach; 0: the session never had an agent.' })
  epoch: number;

  @ApiProperty({ ...nullableText, example: 'support' }) pool: string | null;
  @ApiProperty({ ...nullableText, description: 'The api node that the instance is connected to.' })
  node: string | null;

  @ApiProperty({ ...nullableText, format: 'date-time', description: 'Since when this applies.' })
  since: string | null;

  @ApiProperty({ example: 41, description: 'Updates up to this revision are acknowledged; -1: none.' })
  acknowledged: number;
}
