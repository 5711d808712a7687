import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Act } from './rules.ts';
import { rules } from './rules.ts';

/** Under which the rule of a route stands. */
export const RULE = Symbol('RULE');
/** `public`: no token is needed, since nothing of anybody is shown. */
export type Rule = Act | 'public';

/** Declares who may call a route. A route without it is refused to everybody. */
export function Access(rule: Rule): MethodDecorator {
  const shown = rule === 'public' ? rule : { act: rule, roles: rules[rule] };
  return applyDecorators(SetMetadata(RULE, rule), ApiExtension('x-access', shown));
}
