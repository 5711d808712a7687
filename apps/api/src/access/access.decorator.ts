import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Act } from './rules.ts';
import { rules } from './rules.ts';

/** Metadata key of a route's rule. */
export const RULE = Symbol('RULE');
/** `public`: no token is needed, since the route shows no personal data. */
export type Rule = Act | 'public';

/** Declares who may call a route. A route without a rule refuses every caller. */
export function Access(rule: Rule): MethodDecorator {
  const shown = rule === 'public' ? rule : { act: rule, roles: rules[rule] };
  return applyDecorators(SetMetadata(RULE, rule), ApiExtension('x-access', shown));
}
