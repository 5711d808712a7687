import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import type { Fault } from './source.ts';
import { pathOf } from './source.ts';

/** The folder of the shipped files: three levels up, both in the sources and in a built app. */
export const shippedFolder = join(import.meta.dirname, '../../../declarations');

let compiled: ValidateFunction | undefined;

/** The published JSON Schema, compiled by the first call: that takes longer than all checks of a file. */
function compiledSchema(): ValidateFunction {
  if (compiled) return compiled;
  const schema = JSON.parse(readFileSync(join(shippedFolder, 'schema.json'), 'utf8')) as object;
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strictTypes: false,
    strictRequired: false,
  });
  compiled = ajv.compile(schema);
  return compiled;
}

/** The faults of a file's content, by the published JSON Schema. Fills in the defaults. */
export function formatFaults(content: unknown): Fault[] {
  const validate = compiledSchema();
  validate(content);
  return (validate.errors ?? []).filter(({ keyword }) => !summaries.has(keyword)).map(faultOf);
}

/** Keywords whose errors only repeat an error further inside. */
const summaries: ReadonlySet<string> = new Set(['if', 'propertyNames']);

const plain: ReadonlySet<string> = new Set(['integer', 'number', 'boolean']);

function faultOf(error: ErrorObject): Fault {
  const path = pathOf(error.instancePath);
  const { description, type = '' } = (error.parentSchema ?? {}) as { description?: string; type?: string };
  if (error.propertyName !== undefined)
    return {
      path: [...path, error.propertyName],
      isName: true,
      message: `is no name for this: ${description}`,
    };
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
    const { additionalProperty } = error.params as { additionalProperty: string };
    return {
      path: [...path, additionalProperty],
      isName: true,
      message: `is not known here: use ${known.join(', ')}`,
    };
  }
  return { path, isPlain: plain.has(type), message: messageOf(error, description) };
}

function messageOf({ keyword, params, message = '' }: ErrorObject, description: string | undefined): string {
  const hint = description === undefined ? '' : ` (${description})`;
  if (keyword === 'required') return `misses ${params['missingProperty']}`;
  if (keyword === 'const') return `must be ${JSON.stringify(params['allowedValue'])}`;
  if (keyword === 'enum') return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'pattern') return `must be ${description}`;
  if (keyword === 'false schema') return 'belongs to the format json only';
  return `${message}${hint}`;
}
