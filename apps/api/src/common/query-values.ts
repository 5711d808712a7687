import { applyDecorators } from '@nestjs/common';
import { IsString, ValidateBy } from 'class-validator';
import { typeOfToken } from '#privacy';
import { Convert, largestRevision, parseTime, parseWhole, timeFormat } from '#platform';

/** A whole number in the query within a range, both ends included, in decimal digits. */
export function IsWholeText(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Convert((value) => (typeof value === 'string' ? (parseWhole(value) ?? value) : value)),
    ValidateBy({
      name: 'isInt',
      validator: {
        validate: (value: unknown) => typeof value === 'number' && value >= min && value <= max,
        defaultMessage: () => `$property must be a whole number from ${min} to ${max}`,
      },
    }),
  );
}

/** A number in the query within a range, both ends included, in decimal digits with or without a point. */
export function IsNumberText(min: number, max: number): PropertyDecorator {
  const form = /^\d{1,9}(\.\d{1,6})?$/;
  return applyDecorators(
    Convert((value) => (typeof value === 'string' && form.test(value) ? Number(value) : value)),
    ValidateBy({
      name: 'isNumber',
      validator: {
        validate: (value: unknown) => typeof value === 'number' && value >= min && value <= max,
        defaultMessage: () => `$property must be a number from ${min} to ${max}`,
      },
    }),
  );
}

/** Comma-separated names in the query. */
export function IsNames(most: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    ValidateBy({
      name: 'isNames',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && namesPattern.test(value) && value.split(',').length <= most,
        defaultMessage: () => `$property must be 1 to ${most} names with commas between them`,
      },
    }),
  );
}

const namesPattern = /^[A-Za-z]\w{0,63}(,[A-Za-z]\w{0,63})*$/;

/** A revision in the query; `min` -1 also allows the one before the first event. */
export function IsRevision(min: -1 | 0 = 0): PropertyDecorator {
  return IsWholeText(min, largestRevision);
}

/** A time in a query or a body; normalised to have an offset. */
export function IsTime(): PropertyDecorator {
  return applyDecorators(
    Convert((value) => (typeof value === 'string' ? (parseTime(value) ?? value) : value)),
    IsString(),
    ValidateBy({
      name: 'isTime',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && parseTime(value) !== undefined,
        defaultMessage: () => `$property must be ${timeFormat}`,
      },
    }),
  );
}

/** The token of a personal value, such as `tok_phone_…_3210`. */
export function IsPersonalToken(): PropertyDecorator {
  return ValidateBy({
    name: 'isPersonalToken',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && typeOfToken(value) !== undefined,
      defaultMessage: () =>
        '$property must be a token such as tok_phone_…_3210; other values are asked for with POST /v1/turns/search',
    },
  });
}

/**
 * Whether a text names a time zone (IANA), such as `Asia/Kolkata`. PostgreSQL reads other texts as offsets, and short names such as `CET`
 * as abbreviations, without daylight saving.
 */
function isTimeZone(text: unknown): boolean {
  if (typeof text !== 'string' || !/^(UTC|GMT|[a-z][\w+-]*(\/[\w+-]+){1,2})$/i.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The name of a time zone. */
export function IsTimeZone(): PropertyDecorator {
  return ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: isTimeZone,
      defaultMessage: () =>
        '$property must be UTC, or the name of a time zone with a region, such as Asia/Kolkata',
    },
  });
}
