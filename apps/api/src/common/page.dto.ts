import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { IsWholeText } from './query-values.ts';

const most = 500;
const sizeTo = (maximum: number) => ({ type: 'integer', minimum: 1, maximum, default: 50 }) as const;

/** The cursor of a page, in a query or a body. */
export function PageCursor(maximum = 1_000): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ description: 'The `next` of the previous page.' }),
    IsOptional(),
    IsString(),
    Length(1, maximum),
  );
}

/** The maximum number of items of a page, in a query. */
export function PageSize(maximum = most): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(sizeTo(maximum)), IsOptional(), IsWholeText(1, maximum));
}

/** The same, in a body. */
export function BodyPageSize(): PropertyDecorator {
  return applyDecorators(ApiPropertyOptional(sizeTo(most)), IsOptional(), IsInt(), Min(1), Max(most));
}

/** A page of a list, by the query. */
export class Page {
  @PageSize()
  limit = 50;

  @PageCursor()
  after?: string;
}
