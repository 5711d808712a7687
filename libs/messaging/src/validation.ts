import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { JsonSchema } from './schemas.ts';

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true });
addFormats.default(ajv, ['date-time', 'uuid']);
const validators = new Map<JsonSchema, ValidateFunction>();

/** How a value differs from its schema, in words; undefined when it does not. */
export function schemaError(schema: JsonSchema, value: unknown, name = 'data'): string | undefined {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: name });
}
