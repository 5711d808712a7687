import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { forkChoices } from '#read-models';

/** Whether a query shows forks. */
export function ForkFilter(description: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ enum: forkChoices, description }),
    IsOptional(),
    IsIn(forkChoices),
  );
}

/** The session that a fork was forked from. */
export function ForkedFrom(): PropertyDecorator {
  return ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'For a fork: the session that it was forked from.',
  });
}
