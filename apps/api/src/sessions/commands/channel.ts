import { ApiProperty } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import { channels } from '../../common/declared.ts';
import { defineCommand } from './definition.ts';

export class SwitchChannelDto {
  @ApiProperty({ enum: channels, example: channels.at(1) ?? channels[0] })
  @IsIn(channels)
  channel: string;
}

export const switchChannel = defineCommand({
  type: 'SwitchChannel',
  summary: 'Continue the conversation on another channel',
  body: SwitchChannelDto,
  toCommand: ({ channel }) => ({ type: 'SwitchChannel', channel }),
});
