import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { StartSession } from '#domain';
import { channels } from '../../common/declared.ts';
import { NewPartnerId } from '../../common/params.ts';
import { IsId, IsLanguageTag } from '../../common/validators.ts';

/** How a session begins. */
export class ResumeOrStartDto {
  @ApiProperty({ enum: channels, example: channels[0] })
  @IsIn(channels)
  channel: string;

  @ApiPropertyOptional({
    example: 'hi',
    description: 'The partner’s last language by default, else `en`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(35)
  @IsLanguageTag()
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

  @ApiPropertyOptional({
    example: 86_400,
    minimum: 1,
    description: 'Seconds without activity until the session expires.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(31_536_000)
  expires_in_s?: number;
}

export class StartSessionDto extends ResumeOrStartDto {
  @NewPartnerId()
  partner_id: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'UUID v4 of the session; a new one by default.' })
  @IsOptional()
  @IsId('4')
  session_id?: string;
}

/**
 * The start of a session without the partner's memory, which is read later. `idleS`: default seconds until it
 * expires.
 */
export function toStartSession(
  dto: Omit<StartSessionDto, 'session_id'>,
  idleS: number,
): Omit<StartSession, 'memory'> {
  return {
    type: 'StartSession',
    partner_id: dto.partner_id,
    channel: dto.channel,
    language: dto.language ?? null,
    region: dto.region ?? null,
    name: dto.name ?? null,
    device: dto.device ?? null,
    expires_in_s: dto.expires_in_s ?? idleS,
  };
}
