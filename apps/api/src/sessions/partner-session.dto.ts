import { ApiProperty } from '@nestjs/swagger';
import { CommandResultDto, toCommandResultDto } from '../common/command-result.dto.ts';
import type { PartnerSessionResult } from './resume-or-start.ts';

export class PartnerSessionDto extends CommandResultDto {
  @ApiProperty({ example: true, description: 'Whether the session was active before; false: it is new.' })
  resumed: boolean;

  @ApiProperty({
    example: 'whatsapp',
    description: 'The session’s channel. Continue on another one with `POST …/channel`.',
  })
  channel: string;
}

export function toPartnerSessionDto(result: PartnerSessionResult): PartnerSessionDto {
  const { channel } = result.session.state.session;
  return { ...toCommandResultDto(result), resumed: result.resumed, channel };
}
