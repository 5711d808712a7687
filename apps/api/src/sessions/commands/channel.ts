import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { Channel } from '#domain';
import { channels } from '#domain';
import { defineCommand } from './definition.ts';

export class SwitchChannelDto {
  @ApiProperty({ enum: channels, example: 'ivr' })
  @IsIn(channels)
  channel: Channel;
}

export const switchChannel = defineCommand({
  type: 'SwitchChannel',
  summary: 'Continue the conversation on another channel',
  body: SwitchChannelDto,
  toCommand: ({ channel }) => ({ type: 'SwitchChannel', channel }),
});
