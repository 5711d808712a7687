import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { UpdateGoal } from '#domain';
import { goalStatuses } from '#domain';
import { SessionParams } from '../../common/params.ts';
import { IsName, namePattern } from '../../common/validators.ts';
import { defineCommand } from './definition.ts';

/** In a path: a goal that is set, perhaps from before names were restricted to identifiers. */
const IsGoalName = (): PropertyDecorator => applyDecorators(IsString(), Length(1, 64));

export class SetGoalDto {
  @ApiProperty({ example: 'resolve_payment', maxLength: 64, pattern: namePattern.source })
  @IsGoalName()
  @IsName()
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

/** The path of a goal. */
export class GoalParams extends SessionParams {
  @ApiProperty()
  @IsGoalName()
  goal: string;
}

export const setGoal = defineCommand({
  type: 'SetGoal',
  summary: 'Set the current goal and suspend the previous one',
  body: SetGoalDto,
  toCommand: ({ goal, step }) => ({ type: 'SetGoal', goal, step: step ?? null }),
});

export const updateGoal = defineCommand({
  type: 'UpdateGoal',
  summary: 'Change a goal’s step or status; when it is finished, the suspended one is resumed',
  body: UpdateGoalDto,
  pathFields: {
    goal: applyDecorators(
      ApiProperty({ type: String, example: 'resolve_payment', maxLength: 64 }),
      IsGoalName(),
    ),
  },
  fingerprint: ({ goal, ...change }) => ({ updated: goal, ...change }),
  toCommand: ({ goal, step, status }) => ({
    type: 'UpdateGoal',
    goal,
    step: step ?? null,
    status: status ?? null,
  }),
});
