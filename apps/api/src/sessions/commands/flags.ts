import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotIn, IsOptional } from 'class-validator';
import type { Json } from '#domain';
import { derivedFlags } from '#domain';
import { SessionParams } from '../../common/params.ts';
import { flagPattern, IsFlagName, IsJsonScalar } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

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

class ClearFlagDto {}

/** The path of a flag. */
export class FlagParams extends SessionParams {
  @ApiProperty()
  @IsFlagName()
  @IsNotIn(derivedFlags, { message: '$property is derived from the conversation and cannot be set' })
  flag: string;
}

const flag = applyDecorators(
  ApiProperty({ type: String, example: 'vip', pattern: flagPattern.source }),
  IsFlagName(),
);

export const raiseFlag = defineCommand({
  type: 'RaiseFlag',
  summary: 'Raise a flag',
  body: RaiseFlagDto,
  pathFields: { flag },
  fingerprint: ({ flag, value }) => ({ flag, value: value ?? true }),
  toCommand: ({ flag, value }) => ({ type: 'RaiseFlag', flag, value: value ?? true }),
});

export const clearFlag = defineCommand({
  type: 'ClearFlag',
  summary: 'Clear a flag',
  body: ClearFlagDto,
  pathFields: { flag },
  fingerprint: ({ flag }) => ({ cleared: flag }),
  toCommand: ({ flag }) => ({ type: 'ClearFlag', flag }),
});
