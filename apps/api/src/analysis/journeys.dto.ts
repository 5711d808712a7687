import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, ValidateBy } from 'class-validator';
import type { ForkChoice, JourneyStep } from '#read-models';
import { milestoneKinds } from '#read-models';
import { channels } from '../common/declared.ts';
import { BodyPageSize, PageCursor } from '../common/page.dto.ts';
import { Period } from '../history/filters.dto.ts';
import { ForkedFrom, ForkFilter } from '../history/fork-fields.ts';

const mostSteps = 6;
const longestS = 366 * 86_400;

type Field = keyof JourneyStep;
const text = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= 100 && !value.includes('\0');
const seconds = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= longestS;
const flag = (value: unknown): boolean => typeof value === 'boolean';

const fields: Readonly<Record<Field, (value: unknown) => boolean>> = {
  kind: (value) => (milestoneKinds as readonly unknown[]).includes(value),
  name: text,
  outcome: text,
  not: flag,
  within_s: seconds,
  after_s: seconds,
  same_name: flag,
};

function isStep(step: unknown): step is JourneyStep {
  if (typeof step !== 'object' || step === null || !Object.hasOwn(step, 'kind')) return false;
  return Object.entries(step).every(
    ([name, value]) => Object.hasOwn(fields, name) && fields[name as Field](value),
  );
}

/** The first step must not be negative or have conditions on a previous step. */
function areSteps(steps: unknown): boolean {
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > mostSteps) return false;
  if (!steps.every(isStep)) return false;
  const [first] = steps;
  return Object.keys(first ?? {}).every((name) => ['kind', 'name', 'outcome'].includes(name));
}

function IsSteps(): PropertyDecorator {
  return ValidateBy({
    name: 'isSteps',
    validator: {
      validate: areSteps,
      defaultMessage: () =>
        `$property must be 1 to ${mostSteps} objects with a kind, and perhaps name, outcome, not, within_s, after_s and same_name; ` +
        'the first with a kind, name and outcome only',
    },
  });
}

const step = {
  type: 'object' as const,
  required: ['kind' as string],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', enum: [...milestoneKinds] },
    name: { type: 'string', minLength: 1, maxLength: 100 },
    outcome: { type: 'string', minLength: 1, maxLength: 100 },
    not: { type: 'boolean', description: 'The step must not occur.' },
    within_s: {
      type: 'integer',
      minimum: 0,
      maximum: longestS,
      description: 'At most this many seconds after the previous step that occurred.',
    },
    after_s: {
      type: 'integer',
      minimum: 0,
      maximum: longestS,
      description: 'At least this many seconds after it.',
    },
    same_name: { type: 'boolean', description: 'Its name must be that of the first step.' },
  },
};

export class JourneySearchDto extends Period {
  @ApiProperty({
    type: 'array',
    minItems: 1,
    maxItems: mostSteps,
    items: step,
    example: [
      { kind: 'goal_set', name: 'resolve_payment' },
      { kind: 'goal_completed', same_name: true, not: true, within_s: 600 },
      { kind: 'handoff_requested' },
    ],
    description:
      'Each step is the first of its kind after the previous step that occurred. A `not` without `within_s` applies until the next ' +
      'step, or to the end.',
  })
  @IsSteps()
  steps: JourneyStep[];

  @ApiPropertyOptional({ example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({ enum: channels })
  @IsOptional()
  @IsIn(channels)
  channel?: string;

  @ForkFilter('Forks are left out by default.')
  forks?: ForkChoice;

  @BodyPageSize()
  limit = 50;

  @PageCursor()
  after?: string;
}

export class JourneyStepDto {
  @ApiProperty({ enum: milestoneKinds }) kind: string;
  @ApiProperty({ type: String, nullable: true, example: 'resolve_payment' }) name: string | null;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ example: 4 }) revision: number;
}

export class JourneyDto {
  @ApiProperty({ format: 'uuid' }) session_id: string;
  @ApiProperty({ example: 'P7689' }) partner_id: string;
  @ForkedFrom() forked_from?: string | null;
  @ApiProperty({ type: [JourneyStepDto], description: 'The steps that occurred.' }) steps: JourneyStepDto[];
}

export class JourneysPageDto {
  @ApiProperty({ type: [JourneyDto] }) items: JourneyDto[];
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}
